// The fields of a posted form, whether the application has read them already or not.
import type { IncomingMessage } from 'node:http'
import { Refused } from './refused.js'

export type Form = ReadonlyMap<string, string>

const MAX_BYTES = 8192

export async function readForm(request: IncomingMessage & { readonly body?: unknown }): Promise<Form> {
  const { body } = request
  // Parsers of other types leave an empty object behind, and the form unread.
  if (request.readableDidRead || Object.keys(Object(body)).length > 0) return textsOf(Object.entries(Object(body)))
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') throw new Refused(415)
  const fields = new URLSearchParams(await bodyOf(request))
  return textsOf([...fields].filter(([name]) => fields.getAll(name).length === 1))
}

function textsOf(entries: readonly (readonly [string, unknown])[]): Form {
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const read = (chunk: Buffer | string): void => {
      const buffer = Buffer.from(chunk as Buffer)
      bytes += buffer.length
      if (bytes <= MAX_BYTES) return void chunks.push(buffer)
      // The rest flows away unread: a client that still writes would not see the answer if the connection broke.
      request.off('data', read)
      request.resume()
      reject(new Refused(413))
    }
    request.on('data', read)
    request.once('end', () => resolve(Buffer.concat(chunks).toString()))
    request.once('error', reject)
    request.once('close', () => reject(new Refused(400)))
  })
}
