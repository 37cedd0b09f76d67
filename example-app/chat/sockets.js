// Live messages over Socket.IO, with the session of the pages.
import { Server } from 'socket.io'
import { admitted, sessionsOf } from './admission.js'
import { Connection } from './connection.js'
import { Connections } from './connections.js'
import { watchEnds } from './ends.js'
import { ChatError } from './errors.js'
import { answer, explained } from './events.js'
import { watchOnline } from './online.js'
import { joinProcesses } from './processes.js'
import { checked, EVERYBODY, position } from './validation.js'

const OPTIONS = {
  // One connection for all: no request of a poll could land at another process.
  transports: ['websocket'],
  // A message of the greatest length, however it is written in JSON.
  maxHttpBufferSize: 16 * 1024,
  // Who opens a connection and says nothing.
  connectTimeout: 5000,
  // A browser that is gone without a word is offline after so long.
  pingInterval: 10_000,
  pingTimeout: 5000,
}

/** Takes the upgrades of `httpServer` under /socket.io. Resolves to `close`, which hangs up and lets go of Redis. */
export async function attachSockets({ httpServer, sessions, database, config, delivery }) {
  const io = new Server(OPTIONS)
  const processes = await joinProcesses(io, config.store)
  const connections = new Connections()
  const ends = watchEnds({ sessions, connections, processes, config })
  const online = watchOnline({ connections, processes, database })
  const stopDelivery = deliverAll({ connections, delivery, processes })
  const shareDraft = draftSharer({ connections, processes })
  const chat = { connections, database, delivery, ends, limits: delivery.limits, online, shareDraft }

  io.use((socket, next) => {
    admit(chat, socket).then(
      () => next(),
      (error) => next(refusal(error)),
    )
  })
  io.on('connection', (socket) => open(chat, socket))
  io.attach(httpServer)
  io.engine.use(sessionsOf(sessions))

  return {
    close() {
      stopDelivery()
      ends.stop()
      online.stop()
      for (const connection of connections.all()) connection.interrupt()
      // The HTTP server is its owner's to close.
      io.engine.close()
      processes.close()
    },
  }
}

async function admit({ database, limits }, socket) {
  const session = await admitted(socket, limits)
  const { info } = session
  const user = await database.users.byId(Number(info.userId))
  if (!user) throw new ChatError(401, 'NOT_SIGNED_IN', 'Please sign in.')
  const connection = new Connection({ socket, user: { id: user.id, name: user.name }, handle: info.handle, database })
  socket.data = { connection, position: { ...checked(position, socket.handshake.auth), room: session.get('room') ?? EVERYBODY } }
}

/** As Socket.IO hands it to the browser, in `connect_error`. */
function refusal(error) {
  const { status, code, message } = explained(error)
  return Object.assign(new Error(message), { data: { status, code, message } })
}

/** First among those who are told of ends and messages, so that neither can slip through; then what there is to say. */
async function open({ connections, ends, online, ...chat }, socket) {
  const { connection, position: at } = socket.data
  connections.add(connection)
  online.changed()
  socket.on('disconnect', () => {
    connection.leave()
    connections.delete(connection)
    online.changed()
  })
  socket.onAny((...event) => connection.inTurn(() => answer({ ...chat, ends }, connection, event)))
  try {
    if ((await ends.ask(connection, { slide: false })) === null) return
    await connection.inbox.welcome(at)
    socket.emit('people', await online.people())
  } catch (error) {
    console.error('A connection could not be opened:', error)
    connection.interrupt()
  }
}

/** Messages of this process and of all others, to whom they concern. */
function deliverAll({ connections, delivery, processes }) {
  const deliver = (message) => {
    const { from, to } = message
    const readers = to === null ? connections.all() : new Set([...connections.ofUser(from.id), ...connections.ofUser(to.id)])
    for (const { inbox, closed } of readers) if (!closed) inbox.deliver(message)
  }
  processes.hear('message', deliver)
  processes.onGap(() => catchUp(connections))
  return delivery.on('message', (message) => {
    deliver(message)
    processes.tell('message', message)
  })
}

function catchUp(connections) {
  for (const connection of connections.all()) {
    connection.inbox.catchUp().catch((error) => {
      console.error('Messages may be missing, so a connection is opened anew:', error)
      connection.interrupt()
    })
  }
}

/** Tells the other tabs of the session what is being written. */
function draftSharer({ connections, processes }) {
  const share = ({ handle, from, draft }) => {
    for (const { socket } of connections.ofSession(handle)) if (socket.id !== from) socket.emit('draft', draft)
  }
  processes.hear('draft', share)
  return ({ handle, socket }, draft) => {
    const told = { handle, from: socket.id, draft }
    share(told)
    processes.tell('draft', told)
  }
}
