/** What a session held when its user signed out: `{ room, drafts: { [room]: text } }`. */
export function stateTable({ rows, run }) {
  return {
    save: async (userId, state) => void (await run('REPLACE INTO states (user_id, state) VALUES (?, ?)', [userId, JSON.stringify(state)])),
    async load(userId) {
      const [row] = await rows('SELECT state FROM states WHERE user_id = ?', [userId])
      return row === undefined ? null : JSON.parse(row.state)
    },
    /** Forgets this very state, and none that was saved since it was loaded. */
    forget: async (userId, state) =>
      void (await run('DELETE FROM states WHERE user_id = ? AND state = ?', [userId, JSON.stringify(state)])),
  }
}
