// What every application does whose session is an object with the data as properties.
import { SEED } from './seed.mjs'

export function addPropertyRoutes(app) {
  app.post('/seed', (req, res) => {
    Object.assign(req.session, SEED)
    res.send('ok')
  })
  app.get('/read', (req, res) => res.send(req.session.name))
  app.get('/write', (req, res) => {
    const counter = req.session.counter + 1
    req.session.counter = counter
    res.send(String(counter))
  })
}
