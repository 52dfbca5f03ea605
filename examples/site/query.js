// The site's address as what the API is asked; the API refuses what it does not know, and the page says so.

/**
 * All values of a name, said once with commas or several times.
 * @template {string} Value
 * @param {URLSearchParams} query
 * @param {string} name
 * @returns {Value[]}
 */
export function values(query, name) {
  const said = query.getAll(name).flatMap((value) => value.split(","));
  return /** @type {Value[]} */ (said.filter((value) => value !== ""));
}

/**
 * @template {string} Value
 * @param {URLSearchParams} query
 * @param {string} name
 * @returns {Value | undefined}
 */
export function value(query, name) {
  return /** @type {Value | undefined} */ (query.get(name) || undefined);
}
