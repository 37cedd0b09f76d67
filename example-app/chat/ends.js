// A socket lives no longer than the session it was opened with. Three ways lead to its end:
// - the session middleware tells of every end in this process at once, and of those in other processes where the store can (Redis); of new tokens it tells
//   in this process alone, so we pass that on;
// - every look at the session says when its clocks run out, and a timer looks again then;
// - what nobody tells is found by looking every few seconds: what was announced while the connection to Redis was away, and with stores that announce nothing
//   every end at another process.
// No look extends the session.

/** Stores that tell all ends but those lost on the way, and stores that do not. A look is one command to the store, and less than 0.1 ms of this process. */
const LOOK_EVERY_MS = { told: 5000, untold: 1000 }
/** After a look that failed, since what was told meanwhile is lost. */
const AGAIN_MS = 1000
/** Beyond the end, so that the store's clock has passed it too. */
const GRACE_MS = 50
/** A browser whose session got a new token learns it with the response that is on its way. */
const ROTATED_MS = 250

const MESSAGES = {
  signedOut: 'You signed out.',
  manager: 'You were signed out from another device, or by an administrator.',
  limit: 'You signed in on more devices than may be at once, so this one was signed out.',
  expired: 'You were away for so long that you were signed out.',
  rotated: 'Your session was renewed.',
}

/** Until `stop`: closes the connections whose sessions end. */
export function watchEnds({ sessions, connections, processes, config }) {
  const every = config.storeCan.announce ? LOOK_EVERY_MS.told : LOOK_EVERY_MS.untold
  const stops = [
    sessions.on('ended', ({ handle, reason }) => endAll(connections.ofSession(handle), reason)),
    sessions.on('endedAll', () => endAll(connections.all(), 'manager')),
    sessions.on('rotated', ({ handle, userId }) => {
      renewAll({ handle, userId })
      processes.tell('rotated', { handle, userId })
    }),
  ]
  processes.hear('rotated', renewAll)
  processes.onGap(() => {
    for (const connection of connections.all()) lookIn(connection, 0)
  })

  function renewAll({ handle, userId }) {
    for (const connection of connections.ofSession(handle)) renewed(connection, userId)
  }

  /** The session as it is now, or null if this connection has lost it; `slide`: its user has just done something. */
  async function ask(connection, { slide }) {
    const session = await sessions.of(connection.request, { again: true, slide })
    const { handle, userId, expiresAt, now } = session.info
    if (handle !== connection.handle || userId !== String(connection.user.id)) {
      // Ended, or under a new token, which only another connection can tell: the browser finds out by connecting again.
      end(connection, 'rotated')
      return null
    }
    connection.endsAt = performance.now() + (expiresAt - now)
    watch(connection)
    return session
  }

  /** Looks again when the session may have ended, or before. */
  function watch(connection) {
    lookIn(connection, Math.min(every, Math.max(0, connection.endsAt - performance.now()) + GRACE_MS))
  }

  function lookIn(connection, delayMs) {
    clearTimeout(connection.timer)
    if (!connection.closed) connection.timer = setTimeout(() => look(connection), delayMs)
  }

  /** While the store does not answer, a session counts as live until its known end, and then no longer. */
  async function look(connection) {
    try {
      await ask(connection, { slide: false })
    } catch {
      if (performance.now() < connection.endsAt) lookIn(connection, AGAIN_MS)
      else connection.interrupt()
    }
  }

  return {
    ask,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}

function endAll(connections, reason) {
  for (const connection of connections) end(connection, reason)
}

function end(connection, reason) {
  connection.close({ reason, message: MESSAGES[reason] ?? 'Your session has ended.' })
}

function renewed(connection, userId) {
  if (userId !== String(connection.user.id)) return end(connection, 'signedOut')
  setTimeout(() => end(connection, 'rotated'), ROTATED_MS)
}
