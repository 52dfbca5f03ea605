// The ten calls that every generated client makes to a live server; each client says how it makes them.
import assert from "node:assert/strict";

export const CATEGORIES = ["developer-tools", "design-and-creative"];
export const TOOLS = ["claude-files-api", "llama-4-scout-quantized"];
export const PAIR = TOOLS.join("-vs-");

export interface Calls {
  toolsInCategories(categories: string[]): Promise<{ results: { category: { slug: string } }[] }>;
  namesOfTools(): Promise<{ results: object[] }>;
  compare(tools: string[]): Promise<{ pairs: { slug: string }[] }>;
  comparison(slug: string): Promise<{ slug: string; verdict: { outcome: string } }>;
  newVoter(): Promise<{ token: string }>;
  vote(token: string, tool: string): Promise<{ value: string | null }>;
  pick(token: string, pair: string, tool: string): Promise<{ tool: string | null }>;
  ownVotes(token: string): Promise<{ results: { tool: { slug: string }; value: string }[] }>;
  signUp(email: string): Promise<{ detail: string }>;
  unknownTool(slug: string): Promise<{ status: number; code: string }>;
}

export async function makeTenCalls(client: string, calls: Calls): Promise<void> {
  const tools = await calls.toolsInCategories(CATEGORIES);
  assert.deepEqual(new Set(tools.results.map((tool) => tool.category.slug)), new Set(CATEGORIES));
  const named = await calls.namesOfTools();
  assert.deepEqual(Object.keys(named.results[0]!).sort(), ["name", "slug"]);
  assert.deepEqual((await calls.compare(TOOLS)).pairs.map((pair) => pair.slug), [PAIR]);
  const comparison = await calls.comparison(PAIR);
  assert.equal(comparison.slug, PAIR);
  assert(["winner", "tie", "insufficient"].includes(comparison.verdict.outcome));

  const { token } = await calls.newVoter();
  assert.equal((await calls.vote(token, TOOLS[0]!)).value, "ship");
  assert.equal((await calls.pick(token, PAIR, TOOLS[1]!)).tool, TOOLS[1]);
  const votes = (await calls.ownVotes(token)).results.map((vote) => [vote.tool.slug, vote.value]);
  assert.deepEqual(votes, [[TOOLS[0], "ship"]]);

  assert.match((await calls.signUp(`${client}@example.com`)).detail, /mail/);
  const problem = await calls.unknownTool("nobody");
  assert.deepEqual([problem.status, problem.code], [404, "tool_not_found"]);
  console.log(`${client}: ten calls`);
}

/** The answer, or what the server refused, as an error. */
export function answerOf<Answer>(answer: { data?: Answer | undefined; error?: unknown }): Answer {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}
