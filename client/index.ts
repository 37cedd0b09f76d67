// For the browser: warns before the session ends, and tells when it has ended. Needs `sessionStatus` on the server.
export type { SessionNotice, SessionStatus } from '../lib/status-report.js'
export type { DialogTexts } from './texts.js'
export { type SessionWatch, type WatchOptions, watchSession } from './watch-session.js'
