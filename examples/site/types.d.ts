/** All types of the site come from openapi.yaml: `npm run types` in contract/ writes schema.d.ts. */
import type { components, paths } from "../../contract/schema.js";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type { paths };

export type Method = "get" | "put" | "post" | "patch" | "delete";
export type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? paths[P][M] : never;

/** The paths that know the method. */
export type PathsWith<M extends Method> = {
  [P in keyof paths]: M extends keyof paths[P] ? ([paths[P][M]] extends [undefined] ? never : P) : never;
}[keyof paths];

type Json<Holder> = Holder extends { content: { "application/json": infer Body } } ? Body : undefined;

/** The JSON that a success answers; undefined where it has no body. */
export type Answer<O> = O extends { responses: infer R }
  ? { [Status in keyof R & (200 | 201 | 202 | 204)]: Json<R[Status]> }[keyof R & (200 | 201 | 202 | 204)]
  : never;

type PathOption<O> = O extends { parameters: { path: infer Path } }
  ? [Path] extends [undefined]
    ? { path?: never }
    : { path: Path }
  : { path?: never };

type BodyOption<O> = O extends { requestBody: infer Body }
  ? { body: Json<Body> }
  : O extends { requestBody?: infer Body }
    ? { body?: Json<NonNullable<Body>> }
    : { body?: never };

/** Undefined and empty values are left out of the address. */
type Loose<Query> = { [Name in keyof Query]?: Query[Name] | undefined };

export type Options<O> = PathOption<O> &
  BodyOption<O> & {
    query?: O extends { parameters: { query?: infer Query } } ? Loose<NonNullable<Query>> : never;
    headers?: Record<string, string>;
  };

/** What a list's address may hold. */
export type QueryOf<P extends PathsWith<"get">> = NonNullable<Options<Operation<P, "get">>["query"]>;

/** What `h` takes as a child. */
export type Child = Node | string | number | null | undefined | false | Child[];

/** A page: what its route matched, and what stands in the address. */
export interface Visit {
  readonly parameters: Record<string, string>;
  readonly query: URLSearchParams;
}

/** What a page shows, and what the browser's tab says. */
export interface View {
  readonly title: string;
  readonly content: Child;
  /** The page's own address, where the visitor came by an earlier one. */
  readonly canonicalPath?: string;
}

export type Page = (visit: Visit) => Promise<View>;
