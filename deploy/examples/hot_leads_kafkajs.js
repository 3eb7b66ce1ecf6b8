// Prints a line for each hot lead: KafkaJS. Needs `npm install` in this folder.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const brokers = (process.env.STREAMPROCESSOR_BOOTSTRAP ?? "127.0.0.1:9092").split(",");
const prefix = process.env.STREAMPROCESSOR_TOPIC_PREFIX ?? "";
const SEEN = "hot-leads-seen.txt";

function react(lead) {
  const signed = (points) => `${points < 0 ? "" : "+"}${points.toFixed(0)}`;
  const reasons = lead.because.map((part) => `${part.rule ?? part.group} ${signed(part.points)}`);
  console.log(`${lead.contact_id} became ${lead.stage} (${lead.score}): ${reasons.join(", ")}`);
}

const seen = new Set(existsSync(SEEN) ? readFileSync(SEEN, "utf8").split("\n") : []);
const kafka = new Kafka({ clientId: "hot-leads", brokers, logLevel: logLevel.WARN });
const consumer = kafka.consumer({ groupId: `${prefix}hot-leads-kafkajs` });

await consumer.connect();
await consumer.subscribe({ topic: `${prefix}became-hot-lead`, fromBeginning: true }); // at the very first start
await consumer.run({
  // The offset is committed after this has returned.
  eachMessage: async ({ message }) => {
    const ceId = message.headers.ce_id.toString();
    if (seen.has(ceId)) return;
    react(JSON.parse(message.value.toString()));
    appendFileSync(SEEN, `${ceId}\n`); // after reacting: a crash between the two reacts twice, never not at all
    seen.add(ceId);
  },
});

// Leaves the group, so that the next start need not wait.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => consumer.disconnect());
