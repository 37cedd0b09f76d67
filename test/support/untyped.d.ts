// What the tests use of packages without types of their own.

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
