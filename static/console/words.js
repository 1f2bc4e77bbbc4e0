// The texts of scripts in the page's language. The server sends those that differ from the English ones, which stand
// in the code: dashboard/scriptwords.py lists them all.
const sent = JSON.parse(document.getElementById("script-words")?.textContent ?? "{}");
const language = document.documentElement.lang || "en";
let rules = null;

export function word(text, values = {}) {
  return filled(sent[text] ?? text, values);
}

// number decides between one and many, as the language counts.
export function many(one, others, number, values = {}) {
  rules ??= new Intl.PluralRules(language);
  const forms = sent[others] ?? { one, other: others };
  return filled(forms[rules.select(number)] ?? forms.other, { number: figure(number), ...values });
}

export function figure(number, decimals = 0) {
  return number.toLocaleString(language, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
}

// As many decimals as it takes, up to three significant digits.
export function rounded(number) {
  return number.toLocaleString(language, { maximumSignificantDigits: 3 });
}

function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (hole, name) => values[name] ?? hole);
}
