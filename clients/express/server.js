// A small API that tells a collector of its requests:
//   COLLECTOR=http://localhost:8501/collect/v1/events PORT=3000 node server.js

const express = require('express');
const studioSlo = require('./studio-slo');

const app = express();
const slo = studioSlo({ url: process.env.COLLECTOR, token: process.env.TOKEN, every: 200 });
app.use(slo);
app.get('/v1/me', (req, res) => res.json({ name: 'Ada' }));
app.use('/v1/songs', express.Router().post('/:id/remix', (req, res) => res.status(201).json({})));
app.get('/v1/broken', () => {
  throw new Error('broken on purpose');
});
app.use((error, req, res, next) => res.status(500).json({ error: error.message }));

const server = app.listen(process.env.PORT, () => console.log('listening'));
process.on('SIGTERM', () => server.close(() => slo.flush().then(() => process.exit())));
