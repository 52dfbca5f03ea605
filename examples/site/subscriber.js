// The token of a mail's link: it is read once and taken out of the address bar, the history and every Referer.

/** @type {string | null} */
let token = null;

/** The token of the link, or the one that a confirmation gave; null where there is none. */
export function linkToken() {
  const search = new URLSearchParams(location.search);
  const given = search.get("token");
  if (given !== null) {
    token = given;
    history.replaceState(null, "", location.pathname);
  }
  return token;
}

/** @param {string} given */
export function rememberToken(given) {
  token = given;
}

export function credentials() {
  return { Authorization: `Subscriber ${token ?? ""}` };
}

/** @type {[string, string][]} */
export const FREQUENCIES = [
  ["weekly", "Weekly"],
  ["monthly", "Monthly"],
  ["each_comparison", "On the day of each new comparison"],
];

/**
 * Who was forwarded a mail sees these pages, too.
 * @param {string} address
 */
export function masked(address) {
  return `${address.slice(0, 1)}…${address.slice(address.lastIndexOf("@"))}`;
}
