// What the application keeps in a session, typed by declaration merging.

/**
 * Declare your keys once, and every access is typed:
 *
 *     declare module 'steady-session' {
 *       interface SessionData { userId: number; cart: string[] }
 *     }
 *
 * Until something is declared, any key takes anything.
 */
// biome-ignore lint/suspicious/noEmptyInterface: the application fills it
export interface SessionData {}

type IsDeclared = [keyof SessionData] extends [never] ? false : true

export type SessionKey = IsDeclared extends true ? Extract<keyof SessionData, string> : string

/** The keys that `increment` takes. */
export type NumberKey = IsDeclared extends true ? Extract<NumberKeys, string> : string

type NumberKeys = { [K in keyof SessionData]: number extends SessionData[K] ? K : never }[keyof SessionData]

// biome-ignore lint/suspicious/noExplicitAny: nothing is known of undeclared data
export type SessionValue<K> = IsDeclared extends true ? (K extends keyof SessionData ? SessionData[K] : never) : any

export type SessionDataPatch = IsDeclared extends true ? Partial<SessionData> : Record<string, unknown>

/** The data as properties of `req.session`. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is known of undeclared data
export type SessionProperties = IsDeclared extends true ? Partial<SessionData> : { [key: string]: any }
