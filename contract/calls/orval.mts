import * as api from "../generated/orval.js";
import { makeTenCalls } from "./ten-calls.mjs";

// Its code asks for paths: where they lead is the page's own affair.
const plainFetch = globalThis.fetch;
globalThis.fetch = (path, options) => plainFetch(new URL(String(path), process.argv[2]), options);
const as = (token: string) => ({ headers: { Authorization: `Voter ${token}` } });

function answer<Status extends number, Answer extends { status: number; data: unknown }>(
  expected: Status,
  found: Answer,
): Extract<Answer, { status: Status }>["data"] {
  if (found.status !== expected) throw new Error(JSON.stringify(found.data));
  return (found as Extract<Answer, { status: Status }>).data;
}

await makeTenCalls("orval", {
  toolsInCategories: async (category) => answer(200, await api.listTools({ category })),
  namesOfTools: async () => answer(200, await api.listTools({ fields: ["slug", "name"], limit: 1 })),
  compare: async (tools) => answer(200, await api.compareTools({ tools })),
  comparison: async (slug) => answer(200, await api.retrieveComparison(slug)),
  newVoter: async () => answer(201, await api.createVoter({})),
  vote: async (token, slug) => answer(200, await api.putVote(slug, { value: "ship" }, as(token))),
  pick: async (token, slug, tool) => answer(200, await api.putPick(slug, { tool }, as(token))),
  ownVotes: async (token) => answer(200, await api.listOwnVotes(undefined, as(token))),
  signUp: async (email) => answer(202, await api.createSubscription({ email })),
  unknownTool: async (slug) => answer(404, await api.retrieveTool(slug)),
});
