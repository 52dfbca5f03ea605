// Fetches one comparison with generated types only and prints it:
//   node build/print-comparison.mjs http://127.0.0.1:8000 claude-files-api-vs-llama-4-scout-quantized
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Tool = components["schemas"]["ToolSummary"];

const [baseUrl = "http://127.0.0.1:8000", slug = "claude-files-api-vs-llama-4-scout-quantized"] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl });

const { data, error } = await api.GET("/api/v1/comparisons/{slug}", { params: { path: { slug } } });
if (error) {
  console.error(`${error.status} ${error.code}: ${error.detail}`);
  process.exit(1);
}

const percent = (value: number | null): string => (value === null ? "—" : `${value}%`);
const line = (tool: Tool): string =>
  `${tool.name}: panel ${percent(tool.panel.percent)}, community ${percent(tool.community.percent)}, ${tool.pricing.entry}`;

console.log(data.title);
for (const tool of data.tools) console.log(`  ${line(tool)}`);
for (const row of data.scorecard) {
  const cells = row.reviews.map((review) => review?.verdict ?? "—");
  console.log(`  ${row.reviewer.name}: ${cells.join(" / ")}`);
}
const { outcome, winner, reasons } = data.verdict;
console.log(`Verdict: ${outcome}${winner === null ? "" : ` for ${winner}`}`);
for (const reason of reasons) console.log(`  ${reason.code}: ${reason.detail}`);

// @ts-expect-error An outcome that the contract does not name must not compile.
if (outcome === "draw") console.log("unreachable");
