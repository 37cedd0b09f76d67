// Responses in every form that Node knows. Each ends; none needs a hold.
import { pipeline, Readable } from 'node:stream'
import type { Handler } from './hold-exchange.js'

type Case = readonly [name: string, handler: Handler]

const ends: Case[] = [
  ['end()', (_, res) => void res.end()],
  ['end(text)', (_, res) => void res.end('hello')],
  ['end(text, encoding)', (_, res) => void res.end('68656c6c6f', 'hex')],
  ['end(text, callback)', (_, res) => void res.end('hello', () => {})],
  ['end(text, encoding, callback)', (_, res) => void res.end('h\u00e9llo', 'latin1', () => {})],
  ['end(callback)', (_, res) => void res.end(() => {})],
  ['end(buffer)', (_, res) => void res.end(Buffer.from('hello'))],
  ['end(empty text)', (_, res) => void res.end('')],
  ['end(bytes)', (_, res) => void res.end(new Uint8Array([104, 105]))],
]

const writes: Case[] = [
  ['write, end', (_, res) => (res.write('one'), void res.end())],
  ['write, write, end(text)', (_, res) => (res.write('one'), res.write(Buffer.from('two')), void res.end('three'))],
  ['write(empty), end(text)', (_, res) => (res.write(''), void res.end('x'))],
  ['write(text, encoding, callback)', (_, res) => void res.write('6f6e65', 'hex', () => res.end('two'))],
  ['write(text, callback)', (_, res) => void res.write('one', () => res.end())],
  [
    'write, later write, later end',
    (_, res) => {
      res.write('one')
      setImmediate(() => {
        res.write('two')
        setImmediate(() => res.end('three'))
      })
    },
  ],
  [
    'write with Content-Length, end()',
    (_, res) => {
      res.setHeader('Content-Length', 3)
      res.write('one')
      setImmediate(() => res.end())
    },
  ],
  [
    'cork, writes, uncork, end',
    (_, res) => {
      res.cork()
      for (const text of ['one', 'two', 'three']) res.write(text)
      res.uncork()
      res.end()
    },
  ],
  [
    'cork and end',
    (_, res) => {
      res.write('zero')
      res.cork()
      for (const text of ['one', 'two', 'three']) res.write(text)
      res.end('four')
    },
  ],
  ['flushHeaders, end', (_, res) => (res.flushHeaders(), void res.end('x'))],
  ['flushHeaders, later end', (_, res) => (res.flushHeaders(), void setImmediate(() => res.end('x')))],
  [
    'trailers',
    (req, res) => {
      // Node refuses to announce them for HEAD.
      if (req.method !== 'HEAD') res.writeHead(200, { Trailer: 'X-Sum' })
      res.write('one')
      res.addTrailers({ 'X-Sum': '1' })
      res.end()
    },
  ],
]

const heads: Case[] = [
  ['writeHead(status)', (_, res) => void res.writeHead(201).end('x')],
  ['writeHead(status, reason)', (_, res) => void res.writeHead(299, 'Odd').end('x')],
  ['writeHead(status, object)', (_, res) => void res.writeHead(200, { 'X-A': '1', 'x-b': ['2', '3'] }).end('x')],
  ['writeHead(status, reason, object)', (_, res) => void res.writeHead(200, 'Fine', { 'Set-Cookie': ['a=1', 'b=2'] }).end('x')],
  ['writeHead(object whose keys differ by case)', (_, res) => void res.writeHead(200, { 'X-A': '1', 'x-a': '2' }).end('x')],
  ['writeHead(array)', (_, res) => void res.writeHead(200, ['X-A', '1', 'Set-Cookie', 'b=2']).end('x')],
  [
    'writeHead(array with duplicates)',
    (_, res) => void res.writeHead(200, ['Set-Cookie', 'a=1', 'X-A', '1', 'Set-Cookie', 'b=2', 'X-A', '2']).end('x'),
  ],
  [
    'writeHead(array of pairs)',
    (_, res) => {
      const pairs: unknown = [
        ['X-A', '1'],
        ['Set-Cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ]
      res.writeHead(200, pairs as string[]).end('x')
    },
  ],
  [
    'setHeader, writeHead(object)',
    (_, res) => {
      res.setHeader('X-A', '1')
      res.setHeader('set-cookie', 'z=0')
      res.writeHead(200, { 'x-a': '2', 'X-B': '3' }).end('x')
    },
  ],
  [
    'setHeader, writeHead(array with duplicates)',
    (_, res) => {
      res.setHeader('X-A', '1')
      res.setHeader('Set-Cookie', 'z=0')
      res.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-B', '1', 'X-B', '2']).end('x')
    },
  ],
  ['writeHead, write, end', (_, res) => (res.writeHead(200, ['Content-Length', '6']).write('one'), void res.end('two'))],
  ['writeHead, later end', (_, res) => (res.writeHead(200, { 'X-A': '1' }), void setImmediate(() => res.end('x')))],
  [
    'setHeader forms',
    (_, res) => {
      res.setHeaders(
        new Map([
          ['x-a', '1'],
          ['set-cookie', 'a=1'],
        ]),
      )
      res.appendHeader('Set-Cookie', 'b=2')
      res.setHeader('X-Number', 5)
      res.removeHeader('x-a')
      res.end('x')
    },
  ],
  [
    'statusCode and statusMessage',
    (_, res) => {
      res.statusCode = 404
      res.statusMessage = 'Nothing Here'
      res.end('x')
    },
  ],
  [
    'no Date, no Content-Length',
    (_, res) => {
      res.sendDate = false
      res.removeHeader('Content-Length')
      res.end('x')
    },
  ],
  ['204', (_, res) => void res.writeHead(204).end()],
  ['204 with a body', (_, res) => void res.writeHead(204).end('ignored')],
  ['304', (_, res) => (res.setHeader('ETag', '"1"'), (res.statusCode = 304), void res.end())],
  ['latin1 in a header', (_, res) => void res.writeHead(200, { 'X-A': 'caf\u00e9' }).end(Buffer.from('x'))],
  [
    'Content-Disposition with Content-Length',
    (_, res) => {
      res.setHeader('Content-Disposition', 'attachment; filename="caf\u00e9"')
      res.end('x')
    },
  ],
  ['an Expect header, which has Node send the head at once', (_, res) => void res.writeHead(200, { Expect: 'x' }).end('x')],
  [
    'early hints',
    (_, res) => {
      res.writeEarlyHints({ link: '</a.css>; rel=preload' })
      res.end('x')
    },
  ],
  [
    'processing, continue',
    (_, res) => {
      res.writeProcessing()
      res.writeContinue()
      res.end('x')
    },
  ],
]

const streams: Case[] = [
  ['pipe', (_, res) => void Readable.from(['one', 'two', 'three']).pipe(res)],
  ['pipeline', (_, res) => void pipeline(Readable.from(['one', 'two', 'three']), res, () => {})],
  ['pipe of many chunks', (_, res) => void Readable.from(Array.from({ length: 200 }, (__, n) => `${n} `.repeat(200))).pipe(res)],
]

export const HANDLERS: readonly Case[] = [...ends, ...writes, ...heads, ...streams]
