// Shows the district's block page where a browser cannot be led to it: a blocked name that was asked for by https has no
// certificate, or no address at all. When such a page does not open, the portal is told its name, nothing else, and says
// whether the filter may be why.
import { PORTAL, DISTRICT } from "./place.js";

const SIGNS = new Set([
  "net::ERR_NAME_NOT_RESOLVED",
  "net::ERR_ADDRESS_INVALID",
  "net::ERR_ADDRESS_UNREACHABLE",
  "net::ERR_CONNECTION_REFUSED",
  "net::ERR_CONNECTION_RESET",
  "net::ERR_CONNECTION_CLOSED",
  "net::ERR_CONNECTION_TIMED_OUT",
  "net::ERR_CERT_COMMON_NAME_INVALID",
  "net::ERR_CERT_AUTHORITY_INVALID",
  "net::ERR_SSL_PROTOCOL_ERROR",
]);
const last = new Map();
const page = `${PORTAL}/b/${DISTRICT}`;

chrome.webNavigation.onBeforeNavigate.addListener(({ tabId, frameId, url }) => {
  if (frameId === 0) last.set(tabId, url);
});
chrome.tabs.onRemoved.addListener((tabId) => last.delete(tabId));

chrome.webNavigation.onErrorOccurred.addListener(
  async ({ tabId, frameId, url, error }) => {
    if (frameId !== 0 || !SIGNS.has(error)) return;
    const name = encodeURIComponent(new URL(url).hostname);
    try {
      const answer = await fetch(`${page}/why.json?name=${name}`, { credentials: "omit", referrerPolicy: "no-referrer" });
      const { blocked } = await answer.json();
      // Whoever has gone on meanwhile is not called back.
      if (blocked && (last.get(tabId) ?? url) === url) await chrome.tabs.update(tabId, { url: `${page}?name=${name}` });
    } catch {
      // The portal is away, or the tab is gone: the browser's own message stays.
    }
  },
  { url: [{ schemes: ["https", "http"] }] },
);
