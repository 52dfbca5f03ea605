// Asks a live server for some hundred answers, public and private, sparse and refused, and holds each to its schema
// in the server's own /api/openapi.json: ajv, JSON Schema 2020-12.
import assert from "node:assert/strict";
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

interface Schema {
  $ref?: string;
  enum?: string[];
  items?: Schema;
}

interface Operation {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: Schema; "x-partial-schema"?: Schema }> }>;
}

interface Contract {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Operation["responses"] };
}

interface Rows {
  results: { slug?: string; id?: string; day_on?: string }[];
  next: string | null;
}

const server = process.argv[2]!;
const contract = (await (await fetch(`${server}/api/openapi.json`)).json()) as Contract;
const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
formats.default(ajv);
ajv.addSchema(contract, "contract");
const validators = new Map<string, ValidateFunction>();
let asked = 0;
let sparse = 0;
let refused = 0;
const failures: string[] = [];

/** The schema of an answer; undefined where it has no body. */
function schemaOf(operation: Operation, status: number, isSparse: boolean): Schema | undefined {
  let answer = operation.responses[String(status)];
  if (answer?.$ref) answer = contract.components.responses[answer.$ref.split("/").at(-1)!];
  assert(answer, `${operation.operationId} has no ${status}`);
  const content = Object.values(answer.content ?? {})[0];
  return (isSparse && content?.["x-partial-schema"]) || content?.schema;
}

function validator(schema: Schema): ValidateFunction {
  assert(schema.$ref, "an answer's schema has a name");
  let found = validators.get(schema.$ref);
  if (!found) validators.set(schema.$ref, (found = ajv.compile({ $ref: `contract${schema.$ref}` })));
  return found;
}

/** The answer's body, once it is held to its schema. */
async function ask(operation: Operation, address: string, options: RequestInit = {}): Promise<unknown> {
  const answer = await fetch(new URL(address, server), { redirect: "manual", ...options });
  const isSparse = new URL(address, server).searchParams.has("fields") && answer.ok;
  asked += 1;
  sparse += Number(isSparse);
  refused += Number(answer.status >= 400);
  const schema = schemaOf(operation, answer.status, isSparse);
  if (!schema) return undefined;
  const body: unknown = await answer.json();
  const validate = validator(schema);
  if (!validate(body)) {
    failures.push(`${options.method ?? "GET"} ${address} ${answer.status}: ${ajv.errorsText(validate.errors)}`);
  }
  return body;
}

function operation(id: string): Operation {
  const found = Object.values(contract.paths).flatMap((each) => Object.values(each)).find((each) => each.operationId === id);
  assert(found, id);
  return found;
}

const reads = Object.entries(contract.paths)
  .filter(([path, each]) => path.startsWith("/api/v1/") && each.get && each.get.security.length === 0)
  .map(([path, each]) => ({ path, read: each.get! }));

// --- Lists, each value of each closed parameter, and what cannot be ---------------------------------------------

const needed: Record<string, string> = { compare_tools: "tools=claude-files-api,llama-4-scout-quantized" };

async function askEverySort(path: string, read: Operation): Promise<void> {
  const always = needed[read.operationId] ?? "limit=3";
  const joined = path.includes("?") ? "&" : "?";
  await ask(read, `${path}${joined}${always}`);
  for (const { name, in: where, schema } of read.parameters ?? []) {
    for (const value of (where === "query" && (schema.enum ?? schema.items?.enum)) || []) {
      await ask(read, `${path}${joined}${always}&${name}=${encodeURIComponent(value)}`);
    }
  }
  await ask(read, `${path}${joined}${always}&unheard_of=1`);
}

for (const { path, read } of reads) if (!path.includes("{")) await askEverySort(path, read);

// --- Every page of every thing that a list names ----------------------------------------------------------------

async function namesIn(list: string): Promise<string[]> {
  const names: string[] = [];
  for (let next: string | null = `${list}?limit=20`; next; ) {
    const page = (await ask(contract.paths[list]!.get!, next)) as Rows;
    names.push(...page.results.map((row) => (row.slug ?? row.day_on ?? row.id)!));
    next = page.next;
  }
  return names;
}

const lists = new Map<string, string[]>();
for (const { path, read } of reads) {
  const list = path.split("/{")[0]!;
  if (!path.includes("{") || !contract.paths[list]?.get) continue;
  if (!lists.has(list)) lists.set(list, await namesIn(list));
  const [some, ...others] = lists.get(list)!;
  assert(some, `${list} is empty`);
  const named = (name: string): string => path.replace(/\{\w+\}/, name);
  for (const other of others.slice(0, 40)) await ask(read, named(other));
  const fields = read.parameters?.find(({ name }) => name === "fields")?.schema.items?.enum ?? [];
  await ask(read, named(some));
  for (const field of fields) await ask(read, `${named(some)}?fields=${field}`);
  await ask(read, `${named(some)}?unheard_of=1`);
  await ask(read, named("00000000-0000-7000-8000-000000000000"));
}

// --- One voter's life, and refusals of each kind ------------------------------------------------------------------

const tool = "claude-files-api";
const pair = `${tool}-vs-llama-4-scout-quantized`;
const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json", ...headers },
});
const post = (body: unknown, headers?: Record<string, string>): RequestInit => ({ method: "POST", ...json(body, headers) });
const voters = "/api/v1/voters";
const vote = `/api/v1/tools/${tool}/vote`;
const pick = `/api/v1/comparisons/${pair}/pick`;
const signUp = "/api/v1/newsletter/subscriptions";

await ask(operation("create_voter_challenge"), `${voters}/challenges`, post({}));
const { token } = (await ask(operation("create_voter"), voters, post({}))) as { token: string };
assert(token, "a voter's token");
const mine = { Authorization: `Voter ${token}` };
for (const [change, read, address, bodies] of [
  ["vote", "vote", vote, [{ value: "ship" }, { value: "skip" }, { value: "perhaps" }, {}]],
  ["pick", "pick", pick, [{ tool }, { tool: "nobody" }]],
] as const) {
  for (const body of bodies) await ask(operation(`put_${change}`), address, { method: "PUT", ...json(body, mine) });
  await ask(operation(`retrieve_${read}`), address, { headers: mine });
  await ask(operation(`list_own_${read}s`), `${voters}/me/${read}s`, { headers: mine });
  await ask(operation(`put_${change}`), address, { method: "PUT", body: "{", headers: { ...mine, "Content-Type": "application/json" } });
  await ask(operation(`put_${change}`), address, { method: "PUT", body: "a=b", headers: { ...mine, "Content-Type": "text/plain" } });
  for (const method of ["PUT", "DELETE", "GET"]) {
    const id = `${{ PUT: "put", DELETE: "delete", GET: "retrieve" }[method]}_${change}`;
    const elsewhere = address.replace(tool, "nobody");
    const sent = method === "PUT" ? json(bodies[0], mine) : { headers: mine };
    await ask(operation(id), elsewhere, { method, ...sent });
    await ask(operation(id), address, { method });
    await ask(operation(id), address, { method, headers: { Authorization: token } });
    await ask(operation(id), address, { method, headers: { Authorization: "Voter nobody" } });
    await ask(operation(id), address, { method, headers: { ...mine, Accept: "text/html" } });
    await ask(operation(id), `${address}?unheard_of=1`, { method, headers: mine });
  }
  await ask(operation(`delete_${change}`), address, { method: "DELETE", headers: mine });
}
await ask(operation("retrieve_own_voter"), `${voters}/me`, { headers: mine });
await ask(operation("delete_own_voter"), `${voters}/me`, { method: "DELETE", headers: mine });
await ask(operation("retrieve_own_voter"), `${voters}/me`, { headers: mine });
await ask(operation("put_vote"), vote, { method: "PUT", ...json({ value: "ship" }, mine) });

const key = { "Idempotency-Key": crypto.randomUUID() };
await ask(operation("create_subscription"), signUp, post({ email: "valid-answers@example.com" }, key));
await ask(operation("create_subscription"), signUp, post({ email: "valid-answers@example.com", frequency: "monthly" }, key));
for (const body of [{ email: "nobody" }, { email: "a@example.com", topics: [] }, {}, [], { address: "a@example.com" }]) {
  await ask(operation("create_subscription"), signUp, post(body));
}
for (let number = 0; number < 8; number += 1) {
  await ask(operation("create_subscription"), signUp, post({ email: `valid-answers-${number}@example.com` }));
}
await ask(operation("confirm_subscription"), `${signUp}/confirm`, post({ token: "x".repeat(43) }));
for (const [id, path, method] of [
  ["retrieve_preferences", "preferences", "GET"],
  ["delete_subscriber", "preferences", "DELETE"],
  ["export_subscriber", "preferences/export", "GET"],
  ["end_subscription", "unsubscribe", "POST"],
] as const) {
  const address = `/api/v1/newsletter/${path}`;
  await ask(operation(id), address, { method });
  await ask(operation(id), address, { method, headers: { Authorization: "Subscriber nobody" } });
}
await ask(operation("list_tools"), "/api/v1/tools", { headers: { "If-Match": '"nobody"' } });
await ask(operation("list_tools"), "/api/v1/tools", { headers: { Accept: "application/json;q=0" } });
await ask(operation("list_tools"), "/api/v1/tools?cursor=nobody");
await ask(operation("list_tools"), `/api/v1/tools?q=${"x".repeat(5_000)}`);
await ask(operation("list_tools"), `/api/v1/tools?${"limit=1&".repeat(60)}`);
await ask(operation("list_tools"), "/api/v1/tools?q=%00");

// A check that lets everything pass would be none.
const another = await (await fetch(`${server}${vote.replace("/vote", "")}`)).json();
assert(!validator({ $ref: "#/components/schemas/Comparison" })(another));

console.log(`ajv: ${asked} answers, ${sparse} of them sparse and ${refused} refusals; ${failures.length} failures`, ...failures);
assert(asked > 200 && sparse > 20 && refused > 20);
process.exitCode = failures.length ? 1 : 0;
