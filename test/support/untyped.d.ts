// What the tests use of packages without types of their own, and of the example application.

declare module 'express4' {
  export { default } from 'express'
}

declare module 'connect-flash' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  export default function flash(): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void
}

declare module 'passport' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void
  export class Strategy {
    name?: string
    authenticate(request: IncomingMessage): void
    success(user: unknown): void
    fail(challenge?: unknown): void
  }
  export class Passport {
    use(strategy: Strategy): this
    session(): Handler
    authenticate(strategy: string, options?: object): Handler
    serializeUser(fn: (user: never, done: (error: unknown, id?: unknown) => void) => void): void
    deserializeUser(fn: (id: never, done: (error: unknown, user?: unknown) => void) => void): void
  }
}

declare module '*/example-app/database/index.js' {
  export interface User {
    readonly id: number
    readonly email: string
    readonly name: string
    readonly passwordHash: string
  }
  export interface Message {
    readonly id: number
    readonly clientId: string
    readonly from: { readonly id: number; readonly name: string }
    readonly to: { readonly id: number; readonly name: string } | null
    readonly text: string
    readonly sentAt: string
  }
  interface State {
    readonly room: string
    readonly drafts: Readonly<Record<string, string>>
  }
  interface Sent {
    readonly clientId: string
    readonly from: number
    readonly to: number | null
    readonly text: string
  }
  export interface Database {
    readonly users: {
      create(user: Omit<User, 'id'>): Promise<User>
      byEmail(email: string): Promise<User | null>
      byId(id: number): Promise<User | null>
      setPasswordHash(id: number, passwordHash: string): Promise<void>
      all(): Promise<{ readonly id: number; readonly name: string }[]>
      firstId(): Promise<number | null>
    }
    readonly messages: {
      add(message: Sent): Promise<{ readonly message: Message; readonly isNew: boolean }>
      inRoom(userId: number, room: string, options: { readonly before?: number; readonly limit: number }): Promise<Message[]>
      since(userId: number, afterId: number, options: { readonly limit: number }): Promise<Message[]>
    }
    readonly states: {
      save(userId: number, state: State): Promise<void>
      load(userId: number): Promise<State | null>
      forget(userId: number, state: State): Promise<void>
    }
    ping(): Promise<void>
    close(): Promise<void>
  }
  export function openDatabase(url: string): Promise<Database>
}

declare module '*/example-app/config.js' {
  export function readConfig(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, unknown>>
}

declare module '*/example-app/security/login-limits.js' {
  export interface Limits {
    password(email: string, ip: string): Promise<() => Promise<void>>
    registration(ip: string): Promise<void>
    close(): void
  }
  export function openLimits(config: { readonly store: string }): Promise<Limits>
}
