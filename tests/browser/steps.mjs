// Pages that only a step leads to: an answer, an upload, an invitation, a mistake. Each step leaves the page as a
// person would find it there, and leaves the district as it was, or so that the step can be taken again.
import { join } from "node:path";

const district = "9900001";
const here = `/d/${district}`;

/** Sends the form that holds this button, and waits for the page that answers. */
async function press(page, selector) {
  await Promise.all([page.waitForNavigation(), page.locator(selector).first().click()]);
}

/** The first row of a CSV that the portal gives, by column. */
async function firstRow(page, url) {
  const [header, row] = (await (await page.request.get(url)).text()).replace(/^\uFEFF/, "").split(/\r?\n/);
  const cells = row.match(/("([^"]|"")*"|[^,]*)(,|$)/g).map((c) => c.replace(/,$/, "").replace(/^"|"$/g, ""));
  return Object.fromEntries(header.split(",").map((name, i) => [name, cells[i]]));
}

const upload = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

/** Sends a file by the form of a page, and waits for the page that answers. */
async function send(page, url, field, file, action) {
  await page.goto(url);
  await page.setInputFiles(field, file);
  await press(page, `form[action$='${action}'] button`);
}

/** Invites somebody new. */
async function invite(page, url) {
  await page.goto(`${url}/accounts/${district}`);
  await page.fill("#name", "Invited");
  await page.fill("#email", `invited-${Date.now()}@example.org`);
  await press(page, "form.form button");
}

/** Gives every family a code; families that have one keep it. */
async function giveCodes(page, base) {
  await page.goto(`${base}${here}/survey`);
  await press(page, "button[name=act][value=codes]");
}

/** Answers the first step of the family's form. */
async function surveyStep1(page, base) {
  await giveCodes(page, base);
  const { link } = await firstRow(page, `${base}${here}/survey/codes.csv`);
  await page.goto(`${base}/s/${district}${new URL(link).search}`);
  await page.check("#access");
  await page.check("#device");
  await press(page, "main button");
}

/** Answers the second one. */
async function surveyStep2(page, base) {
  await surveyStep1(page, base);
  for (const id of ["type", "performance", "sharing", "provider"]) await page.check(`#${id}`);
  await press(page, "main button");
}

async function firstStudent(page, base) {
  const { student_id } = await firstRow(page, `${base}${here}/roster/students.csv`);
  return encodeURIComponent(student_id);
}

/** Asks from the block page that a name be opened. */
async function askFor(page, base, name) {
  await page.goto(`${base}/b/${district}?name=${name}`);
  await page.fill("#reason", "for the chess club");
  await press(page, "main form button");
}

/** Clever's list of students without its list of schools. */
const clever = "School_id,Student_id,Last_name,First_name,Grade\n01,x1,Family,Given,??\n01,x1,Family,Given,5\n";

/** Opens the demo's scenario, or a page below it. */
export async function openScenario(page, url, tail = "") {
  await page.goto(`${url}${here}/plans`);
  const href = await page.getAttribute("#scenarios th a", "href");
  await page.goto(url + href + tail);
}

/** Name, the status that the page has, and the way to it. `demo` has the address, `e-mail` and the folder of the demo. */
export const steps = [
  ["survey-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}/s/${district}`);
    await press(page, "main button");
  }],
  ["survey-more", 200, (page, { url }) => surveyStep1(page, url)],
  ["survey-more-wrong", 422, async (page, { url }) => {
    await surveyStep1(page, url);
    await page.fill("#students", "many");
    await press(page, "main button");
  }],
  ["survey-done", 200, (page, { url }) => surveyStep2(page, url)],
  ["survey-enter-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}${here}/survey/enter`);
    await press(page, "main form button");
  }],
  ["survey-letters", 200, async (page, { url }) => {
    await giveCodes(page, url);
    await page.goto(`${url}${here}/survey/letters?school=01&only=open`);
  }],
  ["survey-upload-wrong", 422, (page, { url }) =>
    send(page, `${url}${here}/survey`, "#file", upload("answers.csv", "student_id,internet_access\nnobody,Perhaps\n"), "/survey/upload")],
  ["student", 200, async (page, { url }) => page.goto(`${url}${here}/roster/students/${await firstStudent(page, url)}`)],
  ["student-answers", 200, async (page, { url }) => {
    const { student_id } = await firstRow(page, `${url}${here}/survey/answers.csv`);
    await page.goto(`${url}${here}/survey/students/${encodeURIComponent(student_id)}`);
  }],
  ["roster-review", 200, (page, { url, dir }) =>
    send(page, `${url}${here}/roster`, "#file", join(dir, "files/roster.zip"), "/roster/upload")],
  ["roster-unreadable", 200, (page, { url }) =>
    send(page, `${url}${here}/roster`, "#file", upload("students.csv", clever), "/roster/upload")],
  ["roster-coordinates", 422, (page, { url }) =>
    send(page, `${url}${here}/roster`, "#coordinates", upload("coordinates.csv", "student_id,lon,lat\nnobody,-98.1,41.2\nx,200,91\n"), "/roster/coordinates")],
  ["section", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/gap/sections?school=01`);
    await press(page, "main a[href*='/gap/sections/']");
  }],
  ["data-remove", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/data`);
    await press(page, "a[href$='/remove']");
  }],
  ["data-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}${here}/data`);
    await page.fill("#vintage", "2024");
    await page.setInputFiles("#file", upload("table.csv", "GEOID,NAME\n1,x\n"));
    await press(page, "form[action$='/data/upload'] button");
  }],
  ["connectivity-wrong", 422, (page, { url }) =>
    send(page, `${url}${here}/connectivity`, "#file", upload("lines.csv", "school_id,enrollment\n01,many\n"), "/connectivity/upload")],
  ["block-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}/b/${district}`);
    await page.fill("#name", "10.0.0.1");
    await press(page, "main form button");
  }],
  ["block-asked", 200, (page, { url }) => askFor(page, url, "games.example")],
  ["filtering-answer-wrong", 422, async (page, { url }) => {
    await askFor(page, url, "chess.example");
    await page.goto(`${url}${here}/filtering`);
    await press(page, "#requests a[href*='chess.example']");
    await press(page, "main form[method=post][action$='/filtering/answer'] button");
  }],
  ["filtering-answered", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/answer?name=chess.example`);
    await page.check("#ruling");
    await page.selectOption("#whom", "school:01");
    await page.fill("#until", new Date(Date.now() + 7 * 86400e3).toISOString().slice(0, 10));
    await page.fill("#reason", "The chess club meets on Tuesdays.");
    await press(page, "main form[method=post][action$='/filtering/answer'] button");
  }],
  ["devices-wrong", 422, (page, { url }) =>
    send(page, `${url}${here}/filtering/devices`, "#file", upload("devices.csv", "serial,student\n5CD1234XYZ,nobody\n"), "/devices/upload")],
  ["device-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/devices`);
    await page.fill("#label", "cart 3, number 12");
    await press(page, "main form[action$='/devices'] button");
  }],
  ["device-enrolled", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/devices`);
    await page.fill("#label", "cart 3, number 12");
    await page.fill("#school", "01");
    await press(page, "main form[action$='/devices'] button");
  }],
  ["evidence-step", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/evidence`);
    await page.fill("#hearing", "2026-09-14");
    await page.fill("#hearing-note", "Minutes of the board, item 7");
    await press(page, "form:has(#hearing) button");
  }],
  ["edge-wrong", 422, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/edges`);
    await page.fill("#name", " ");
    await press(page, "main form[action$='/edges'] button");
  }],
  ["edge-added", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/edges`);
    await page.fill("#name", "Bus 12");
    await press(page, "main form[action$='/edges'] button");
  }],
  ["edge-history", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/filtering/edges`);
    await Promise.all([page.waitForNavigation(), page.click("main table a[href*='/filtering/edges/']")]);
  }],
  ["plan-wrong-name", 422, async (page, { url }) => {
    await page.goto(`${url}${here}/plans/new`);
    await page.fill("#name", " ");
    await press(page, "main form button");
  }],
  ["plan", 200, (page, { url }) => openScenario(page, url)],
  ...["basis", "demand", "anchors", "offers", "lending", "buses", "lte", "policy"].map((step) =>
    [`plan-${step}`, 200, (page, { url }) => openScenario(page, url, `/step?step=${step}`)]),
  ["plan-step-wrong", 200, async (page, { url }) => {
    await openScenario(page, url, "/step?step=anchors");
    const kept = await page.inputValue("#walk_meters");
    await page.fill("#walk_meters", "far");
    await press(page, "button[value=stay]");
    await page.waitForSelector("#walk_meters-error");
    await page.fill("#walk_meters", kept);
    await press(page, "button[value=stay]");
  }],
  ["plan-prices", 200, (page, { url }) => openScenario(page, url, "/prices")],
  ["plan-price", 200, (page, { url }) => openScenario(page, url, "/prices?item=hotspot_device")],
  ["plan-price-wrong", 422, async (page, { url }) => {
    await openScenario(page, url, "/prices?item=hotspot_device");
    await page.fill("#price", "cheap");
    await press(page, "#edit button[value=save]");
  }],
  ["plan-result", 200, (page, { url }) => openScenario(page, url, "/result")],
  ["plan-options", 200, (page, { url }) => openScenario(page, url, "/options")],
  ["plan-option", 200, async (page, { url }) => {
    await openScenario(page, url, "/result");
    await press(page, "#bought th a");
  }],
  ["plan-option-left", 200, async (page, { url }) => {
    await openScenario(page, url, "/options");
    await Promise.all([page.waitForNavigation(), page.locator("#options th a").last().click()]);
  }],
  ["plan-memo", 200, (page, { url }) => openScenario(page, url, "/memo")],
  ["plan-compare", 200, async (page, { url }) => {
    await page.goto(`${url}${here}/plans/compare`);
    await page.check("main input[type=checkbox]");
    await press(page, "main form button");
  }],
  ["account-invite", 200, (page, { url }) => invite(page, url)],
  ["account-link", 200, async (page, { url }) => {
    await invite(page, url);
    const link = await page.inputValue("#link");
    await page.context().clearCookies();
    await page.goto(url + new URL(link).pathname);
  }],
  ["login-wrong", 400, async (page, { url, email }) => {
    await page.context().clearCookies();
    await page.goto(`${url}/login`);
    await page.fill("input[name=email]", email);
    await page.fill("input[name=password]", "not the password");
    await press(page, "main button");
  }],
  ["not-found", 404, (page, { url }) => page.goto(`${url}${here}/gap/schools/none`)],
];
