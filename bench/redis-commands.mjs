// Counts the commands that clients send to Redis. What a script does inside of one is not a command of its own.
import { createClient } from 'redis'

const MARK = 'bench: all requests were answered'
const BY_SCRIPT = /^\S+ \[\d+ lua\]/

/** How many commands arrive while `work` runs. */
export async function countCommands(url, work) {
  const [monitor, marker] = await Promise.all([createClient({ url }).connect(), createClient({ url }).connect()])
  let count = 0
  let finish = () => {}
  const marked = new Promise((resolve) => {
    finish = resolve
  })
  await monitor.monitor((line) => {
    if (line.includes(MARK)) finish()
    else if (!BY_SCRIPT.test(line)) count++
  })
  await work()
  // Redis tells of commands in their order: this is the last.
  await marker.echo(MARK)
  await marked
  monitor.destroy()
  marker.destroy()
  return count
}
