// Pages for people: your devices, and an administrator's view of all sessions. The public face: exports only.
export { type SessionPagesOptions, sessionPages } from './session-pages.js'
export type { PageTexts } from './texts.js'
