// Identify, page and track as an application on Node sends them: node jitsu.js HOST KEY USER ANONYMOUS s2s|device
import { jitsuAnalytics } from "@jitsu/js";

const [host, writeKey, userId, anonymousId, kind] = process.argv.slice(2);
const jitsu = jitsuAnalytics({ host, writeKey, s2s: kind === "s2s", errorPolicy: "rethrow" });

await jitsu.identify(userId, { plan: "pro" }, { anonymousId });
await jitsu.page({ name: "Pricing", url: "https://example.com/pricing?a=1" }, { userId, anonymousId });
await jitsu.track("Form Submitted", { form_id: "contact", seats: 3 }, { userId, anonymousId });
