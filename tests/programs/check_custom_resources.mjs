// Check objects of the Prometheus operator and of KEDA by their own schemas: a JSON array on stdin.
// node check_custom_resources.mjs NODE_MODULES
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const modules = resolve(process.argv[2], "@kubernetes-models");
const places = {
  "monitoring.coreos.com/v1": "prometheus-operator/monitoring.coreos.com/v1/index.js",
  "keda.sh/v1alpha1": "keda/keda.sh/v1alpha1/index.js",
};

for (const object of JSON.parse(readFileSync(0, "utf8"))) {
  const kinds = await import(pathToFileURL(join(modules, places[object.apiVersion])));
  new kinds[object.kind](object).validate();
}
