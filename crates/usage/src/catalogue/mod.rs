//! The catalogue: resources, and the names that each has.
//!
//! `resources.csv` is ours: what is common in schools of the United States, with the names that the resource itself is
//! reached by. A district lays its own rows over it ([`Catalogue::overlaid`]): other resources, other names, what is
//! approved, how many licences there are and what the goal is.

mod names;
mod parse;
#[cfg(test)]
mod tests;

use evenfield_model::Problems;
use names::Names;
use std::collections::BTreeMap;

/// The number of a resource: the same for ever. Those of districts begin at [`Catalogue::FIRST_OF_DISTRICT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub u16);

/// What a name of a resource says when a device asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The resource itself: somebody uses it.
    Core,
    /// What its pages load: it goes on being used if it was used a moment ago, and nothing otherwise.
    Support,
}

/// What a name was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Found {
    /// Whose name it is.
    pub resource: ResourceId,
    /// Which part.
    pub part: Part,
}

/// Defines an enum whose members have one word each in files.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $member,)* }
        impl $name {
            /// All, in the order of the documentation.
            pub const ALL: &[Self] = &[$(Self::$member,)*];
            /// The word in files.
            pub fn word(self) -> &'static str {
                match self { $(Self::$member => $word,)* }
            }
            /// The member with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|m| m.word() == word)
            }
        }
    };
}

words! {
    /// What is learned with a resource.
    Subject {
        /// All subjects.
        General = "general",
        /// Mathematics.
        Math = "math",
        /// Reading and writing.
        English = "english",
        /// Science.
        Science = "science",
        /// History, civics, geography.
        SocialStudies = "social_studies",
        /// World languages, and English for those who learn it.
        Languages = "languages",
        /// Art and film.
        Arts = "arts",
        /// Music.
        Music = "music",
        /// Computing, typing, making.
        Computing = "computing",
        /// Health, movement, life with others.
        Health = "health",
        /// Careers, money, college.
        Career = "career",
        /// The years before grade 3.
        Early = "early",
        /// Tests that a state or a college asks for.
        TestPrep = "testprep",
        /// Students with disabilities.
        Support = "support",
    }
}

words! {
    /// What sort of thing a resource is.
    Kind {
        /// Where classes are kept.
        Lms = "lms",
        /// Where students sign in.
        Portal = "portal",
        /// A course or lessons.
        Courseware = "courseware",
        /// Exercises.
        Practice = "practice",
        /// Tests.
        Assessment = "assessment",
        /// Books, articles, collections.
        Library = "library",
        /// Things to look up.
        Reference = "reference",
        /// Films.
        Video = "video",
        /// Making of pictures, pages, sounds.
        Creation = "creation",
        /// Documents, notes, files.
        Office = "office",
        /// Talk and messages.
        Communication = "communication",
        /// Programming.
        Coding = "coding",
        /// Experiments and models.
        Simulation = "simulation",
        /// Games.
        Game = "game",
        /// Help by a person or a machine.
        Tutoring = "tutoring",
        /// Textbooks of a publisher.
        Publisher = "publisher",
        /// Records, filters and screens of the school itself; runs by itself, so it is no use by a student.
        Management = "management",
    }
}

/// A resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its number, for ever the same.
    pub number: ResourceId,
    /// Its word in files, `khan_academy`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What is learned with it.
    pub subject: Subject,
    /// What it is.
    pub kind: Kind,
    /// Whether the district approved it; `None` where it has not said.
    pub approved: Option<bool>,
    /// How many minutes a week a student should use it.
    pub goal_minutes: Option<u32>,
    /// How many licences the district pays for.
    pub licences: Option<u32>,
}

/// Resources and their names.
#[derive(Clone, Debug)]
pub struct Catalogue {
    resources: BTreeMap<ResourceId, Resource>,
    names: Names,
}

impl Catalogue {
    /// The first number that a district may give.
    pub const FIRST_OF_DISTRICT: u16 = 0x8000;

    /// Our own file.
    ///
    /// # Panics
    /// Never: a test reads the file that is compiled in.
    pub fn common() -> Self {
        Self::parse("resources.csv", include_bytes!("resources.csv")).expect("a test reads this file")
    }

    /// Reads a catalogue: CSV with the columns `number,id,name,subject,kind,domains,support`.
    ///
    /// # Errors
    /// All problems of the file; a catalogue with a problem is not used.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Problems> {
        parse::read(Self { resources: BTreeMap::new(), names: Names::default() }, false, file, bytes)
    }

    /// This catalogue with a district's rows over it.
    ///
    /// Columns are those of [`Catalogue::parse`] and `approved,goal_minutes,licences`; only `id` must be there. A row of a
    /// known `id` changes what its cells say; names are added, and one with `-` before it is taken away. Other rows are
    /// new resources, with numbers from [`Catalogue::FIRST_OF_DISTRICT`].
    ///
    /// # Errors
    /// All problems of the file; nothing of an overlay with a problem is used.
    pub fn overlaid(&self, file: &str, bytes: &[u8]) -> Result<Self, Problems> {
        parse::read(self.clone(), true, file, bytes)
    }

    /// Whose name this is: that of the longest suffix that some resource has. A final dot and capitals do not matter.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<Found> {
        self.names.find(name)
    }

    /// The resource of a number.
    pub fn resource(&self, number: ResourceId) -> Option<&Resource> {
        self.resources.get(&number)
    }

    /// The resource with a word.
    pub fn by_id(&self, id: &str) -> Option<&Resource> {
        self.resources.values().find(|r| r.id == id)
    }

    /// All resources, by number.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// All names with what they are, in no order that means anything.
    pub fn names(&self) -> impl Iterator<Item = (&str, Found)> {
        self.names.iter()
    }
}
