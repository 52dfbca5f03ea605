import createClient from "openapi-fetch";
import type { paths } from "../schema.js";
import { answerOf, makeTenCalls } from "./ten-calls.mjs";

const api = createClient<paths>({ baseUrl: process.argv[2]! });
const as = (token: string) => ({ Authorization: `Voter ${token}` });

await makeTenCalls("openapi-fetch", {
  toolsInCategories: async (category) => answerOf(await api.GET("/api/v1/tools", { params: { query: { category } } })),
  namesOfTools: async () =>
    answerOf(await api.GET("/api/v1/tools", { params: { query: { fields: ["slug", "name"], limit: 1 } } })),
  compare: async (tools) => answerOf(await api.GET("/api/v1/compare", { params: { query: { tools } } })),
  comparison: async (slug) => answerOf(await api.GET("/api/v1/comparisons/{slug}", { params: { path: { slug } } })),
  newVoter: async () => answerOf(await api.POST("/api/v1/voters", { body: {} })),
  vote: async (token, slug) =>
    answerOf(
      await api.PUT("/api/v1/tools/{slug}/vote", {
        params: { path: { slug } },
        body: { value: "ship" },
        headers: as(token),
      }),
    ),
  pick: async (token, slug, tool) =>
    answerOf(
      await api.PUT("/api/v1/comparisons/{slug}/pick", {
        params: { path: { slug } },
        body: { tool },
        headers: as(token),
      }),
    ),
  ownVotes: async (token) => answerOf(await api.GET("/api/v1/voters/me/votes", { headers: as(token) })),
  signUp: async (email) => answerOf(await api.POST("/api/v1/newsletter/subscriptions", { body: { email } })),
  unknownTool: async (slug) => {
    const { error } = await api.GET("/api/v1/tools/{slug}", { params: { path: { slug } } });
    return error!;
  },
});
