// Identify, page and track as an application on Node sends them: node segment.js HOST KEY USER ANONYMOUS TIMESTAMP
import { Analytics } from "@segment/analytics-node";

const [host, writeKey, userId, anonymousId, stamped] = process.argv.slice(2);
const timestamp = new Date(stamped);
const analytics = new Analytics({ writeKey, host, maxRetries: 0 });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});

analytics.identify({ userId, anonymousId, timestamp, traits: { plan: "pro" } });
analytics.page({ userId, timestamp, name: "Pricing", properties: { url: "https://example.com/pricing?a=1" } });
analytics.track({ userId, timestamp, event: "Form Submitted", properties: { form_id: "contact", seats: 3 } });
await analytics.closeAndFlush();
