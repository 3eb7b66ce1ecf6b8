// Reads an AsyncAPI file as other tools do; prints what is wrong with it, and ends with 1 where something is.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const ADVICE = "asyncapi-latest-version"; // the file says 3.0.0 on purpose

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const complaints = diagnostics.filter((diagnostic) => diagnostic.code !== ADVICE);
for (const { path, message } of complaints) console.log(path.join("."), message);
process.exit(document && complaints.length === 0 ? 0 : 1);
