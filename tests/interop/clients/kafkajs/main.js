// main.js write BROKER FILE TOPIC=CODEC.. | read BROKER TOPIC.. | group BROKER TOPIC GROUP: kafkajs.
const fs = require('fs')
const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = require('kafkajs')
CompressionCodecs[CompressionTypes.Snappy] = require('kafkajs-snappy')

const un = s => (s === '-' ? null : s === '=' ? Buffer.alloc(0) : Buffer.from(s, 'base64'))
const b = x => (x === null || x === undefined ? '-' : x.length ? Buffer.from(x).toString('base64') : '=')
const [verb, broker, ...rest] = process.argv.slice(2)
const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.ERROR })

async function write (path, topics) {
  const messages = fs.readFileSync(path, 'utf8').split('\n').filter(Boolean).map(line => {
    const [timestamp, k, v, h] = line.split('\t')
    const headers = {}
    if (h !== '.') for (const p of h.split(',')) headers[un(p.split(':')[0])] = un(p.split(':')[1])
    return { timestamp, key: un(k), value: un(v), headers, partition: 0 }
  })
  const p = kafka.producer({ allowAutoTopicCreation: true })
  await p.connect()
  for (const t of topics) {
    const [topic, codec] = t.split('=')
    const compression = { none: 0, gzip: 1, snappy: 2 }[codec]
    await p.send({ topic, compression, acks: -1, messages })
  }
  await p.disconnect()
}

// kafkajs's consumer works in groups only; its reading side is asked directly,
// through its own cluster object.
function openCluster () {
  const Cluster = require('kafkajs/src/cluster')
  const { createLogger } = require('kafkajs/src/loggers')
  const logger = createLogger({ level: logLevel.ERROR, logCreator: require('kafkajs/src/loggers/console') })
  return new Cluster({
    logger,
    socketFactory: require('kafkajs/src/network/socketFactory')(),
    brokers: [broker],
    metadataMaxAge: 300000,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    connectionTimeout: 5000,
    requestTimeout: 30000,
    retry: {},
    isolationLevel: 1,
    offsets: new Map()
  })
}

async function readTopic (cluster, topic, end) {
  await cluster.addTargetTopic(topic)
  const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [0]))[0]
  const node = await cluster.findBroker({ nodeId })
  for (let next = 0; next < end;) {
    const r = await node.fetch({
      isolationLevel: 1,
      maxWaitTime: 50,
      minBytes: 1,
      maxBytes: 1 << 24,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: String(next), maxBytes: 1 << 20 }] }]
    })
    for (const m of r.responses[0].partitions[0].messages) {
      if (Number(m.offset) < next) continue
      next = Number(m.offset) + 1
      const h = Object.entries(m.headers || {}).map(([n, v]) => b(Buffer.from(n)) + ':' + b(v)).join(',')
      console.log([topic, m.offset, m.timestamp, b(m.key), b(m.value), h || '.'].join('\t'))
    }
  }
}

async function read (topics) {
  const admin = kafka.admin()
  const cluster = openCluster()
  await admin.connect()
  await cluster.connect()
  for (const topic of topics) await readTopic(cluster, topic, Number((await admin.fetchTopicOffsets(topic))[0].high))
  await cluster.disconnect()
  await admin.disconnect()
}

async function group (topic, groupId) {
  const c = kafka.consumer({ groupId })
  let last = Date.now() + 18000
  await c.connect()
  await c.subscribe({ topic, fromBeginning: true })
  await c.run({ eachMessage: async ({ message }) => { console.log(message.value.toString()); last = Date.now() } })
  while (Date.now() < last + 2000) await new Promise(resolve => setTimeout(resolve, 50))
  await c.disconnect()
}

const jobs = { write: () => write(rest[0], rest.slice(1)), read: () => read(rest), group: () => group(...rest) }
const job = jobs[verb]()
job.catch(e => { console.error('kafkajs:', e); process.exit(1) })
