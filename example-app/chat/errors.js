// What the chat refuses, with a status for HTTP and a code to tell refusals apart. The message is for the person who reads it.

export class ChatError extends Error {
  constructor(status, code, message) {
    super(message)
    this.name = 'ChatError'
    this.status = status
    this.code = code
    /** Says to the error handler of the pages that the message may be shown. */
    this.expose = true
  }
}
