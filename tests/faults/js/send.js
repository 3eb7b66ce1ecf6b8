// Sends what stands on standard input, a JSON object {topic, key, value} a line: KafkaJS as it is by default.
import { readFileSync } from "node:fs";
import { Kafka, logLevel } from "kafkajs";

const [brokers, pauseMs] = process.argv.slice(2);
const records = readFileSync(0, "utf8").trim().split("\n").map((line) => JSON.parse(line));
const producer = new Kafka({ clientId: "sender", brokers: brokers.split(","), logLevel: logLevel.ERROR }).producer();

await producer.connect();
for (const { topic, key, value } of records) {
  await producer.send({ topic, acks: -1, messages: [{ key, value }] });
  await new Promise((resolve) => setTimeout(resolve, Number(pauseMs)));
}
await producer.disconnect();
