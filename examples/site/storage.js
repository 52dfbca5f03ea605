// What outlives the page, where the browser allows it. Storage may be refused, full, or forgotten after a week.

/** @type {Map<string, string>} */
const session = new Map();

/** @param {string} name */
export function read(name) {
  try {
    return localStorage.getItem(name) ?? session.get(name) ?? null;
  } catch {
    return session.get(name) ?? null;
  }
}

/**
 * @param {string} name
 * @param {string | null} value null removes it
 */
export function write(name, value) {
  if (value === null) session.delete(name);
  else session.set(name, value);
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // The session has it.
  }
}

/** Whether what is written is still there tomorrow. */
export function isLasting() {
  try {
    localStorage.setItem("probe", "");
    localStorage.removeItem("probe");
    return true;
  } catch {
    return false;
  }
}
