import { client } from "../generated/hey-api/client.gen.js";
import * as api from "../generated/hey-api/index.js";
import { answerOf, makeTenCalls } from "./ten-calls.mjs";

client.setConfig({ baseUrl: process.argv[2]! });
const as = (token: string) => ({ auth: `Voter ${token}` });

await makeTenCalls("hey-api", {
  toolsInCategories: async (category) => answerOf(await api.listTools({ query: { category } })),
  namesOfTools: async () => answerOf(await api.listTools({ query: { fields: ["slug", "name"], limit: 1 } })),
  compare: async (tools) => answerOf(await api.compareTools({ query: { tools } })),
  comparison: async (slug) => answerOf(await api.retrieveComparison({ path: { slug } })),
  newVoter: async () => answerOf(await api.createVoter({ body: {} })),
  vote: async (token, slug) =>
    answerOf(await api.putVote({ path: { slug }, body: { value: "ship" }, ...as(token) })),
  pick: async (token, slug, tool) => answerOf(await api.putPick({ path: { slug }, body: { tool }, ...as(token) })),
  ownVotes: async (token) => answerOf(await api.listOwnVotes(as(token))),
  signUp: async (email) => answerOf(await api.createSubscription({ body: { email } })),
  unknownTool: async (slug) => (await api.retrieveTool({ path: { slug } })).error!,
});
