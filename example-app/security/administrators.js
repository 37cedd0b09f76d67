/**
 * Who may see and end everybody's sessions: the accounts named in ADMIN_EMAILS. Outside of production also the first account that was made, so that whoever tries
 * the chat has seen that page without setting anything. Nobody proves here that an address is theirs: make the accounts in ADMIN_EMAILS before others can.
 */
export function administrators({ config, database }) {
  return async function isAdmin(userId) {
    if (userId === undefined) return false
    const user = await database.users.byId(userId)
    if (user === null) return false
    if (config.adminEmails.includes(user.email)) return true
    return !config.production && user.id === (await database.users.firstId())
  }
}

/** Said at the start, as long as somebody else could still make that account. */
export async function warnOfAccountsToMake({ adminEmails }, { users }) {
  for (const email of adminEmails) {
    if ((await users.byEmail(email)) === null) console.warn(`ADMIN_EMAILS: ${email} has no account yet; make it before somebody else does`)
  }
}
