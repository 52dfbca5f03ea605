// A comparison with its verdict, and a vote: node build/quick-start.mjs http://127.0.0.1:8000
import { answerOf, createApi } from "./api.mjs";
import { Voter } from "./voter.mjs";

const [baseUrl = "http://127.0.0.1:8000", slug = "claude-files-api-vs-llama-4-scout-quantized"] = process.argv.slice(2);
const api = createApi({ baseUrl });
const page = answerOf(await api.GET("/api/v1/comparisons/{slug}", { params: { path: { slug } } }));

const percent = (value: number | null): string => (value === null ? "—" : `${value}%`);
console.log(`${page.title}: ${page.verdict.outcome}, ${page.verdict.reasons.map((reason) => reason.detail).join(" ")}`);
for (const { name, panel, community, pricing } of page.tools)
  console.log(`  ${name}: panel ${percent(panel.percent)}, community ${percent(community.percent)}, ${pricing.entry}`);
for (const { reviewer, reviews } of page.scorecard)
  console.log(`  ${reviewer.name}: ${reviews.map((review) => review?.verdict ?? "—").join(" / ")}`);

let token: string | null = null;
const storage = { read: () => token, write: (given: string | null) => (token = given) };
const voter = new Voter({ baseUrl, storage, askTurnstile: () => Promise.reject(new Error("No widget in a terminal.")) });
console.log(`You said ${(await voter.vote(page.tools[0]!.slug, "ship")).value}.`);

// @ts-expect-error An outcome that the contract does not name must not compile.
if (page.verdict.outcome === "draw") console.log("unreachable");
