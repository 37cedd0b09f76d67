// Why a page is not shown: ends in a page that says so.

export type RefusedStatus = 400 | 401 | 403 | 404 | 413 | 415 | 501

export class Refused extends Error {
  readonly status: RefusedStatus
  /** The form was not one of ours, or too old. */
  readonly forged: boolean

  constructor(status: RefusedStatus, { forged = false } = {}) {
    super(`refused with ${status}`)
    this.status = status
    this.forged = forged
  }
}
