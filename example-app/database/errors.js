/** The database failed, or did not answer in time. `cause` is the driver's error; the message holds no address and no password. */
export class DatabaseError extends Error {
  constructor(problem, options) {
    super(`database: ${problem}`, options)
    this.name = 'DatabaseError'
    this.code = 'ERR_DATABASE'
    this.status = 503
    this.headers = { 'Retry-After': '1' }
  }
}

/** A row with this value is there already. */
export class DuplicateError extends Error {
  constructor(options) {
    super('database: there is a row with this value', options)
    this.name = 'DuplicateError'
    this.code = 'ERR_DUPLICATE'
  }
}
