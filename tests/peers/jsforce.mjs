// Logs in to orgs at once with jsforce, the quickest of the ways that scripts use, and checks each token with a query.
// It asks no Dev Hub, waits for nothing and keeps nothing: username and login URL of each org are on standard input.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.env.PEERS_NODE_MODULES);
const jsforce = require("jsforce");
const jwt = require("jsonwebtoken");

const [clientId, keyFile] = process.argv.slice(2);
const key = readFileSync(keyFile);
const orgs = readFileSync(0, "utf8").trim().split("\n").map((line) => line.split(" "));

await Promise.all(
  orgs.map(async ([username, loginUrl]) => {
    const claims = { iss: clientId, sub: username, aud: "https://test.salesforce.com" };
    const assertion = jwt.sign(claims, key, { algorithm: "RS256", expiresIn: 180 });
    const connection = new jsforce.Connection({ oauth2: { loginUrl } });
    await connection.authorize({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
    const { records } = await connection.query("SELECT Id FROM Organization");
    if (records.length !== 1) throw new Error(username);
  }),
);
