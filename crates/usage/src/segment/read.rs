//! The octets of a segment to columns, a batch at a time.

use super::write::SCHEMA;
use super::{Columns, Identity};
use bytes::Bytes;
use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_typed_column_reader};
use parquet::data_type::{Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::schema::parser::parse_message_type;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows of a batch.
const BATCH: usize = 1 << 14;

/// Why a segment cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SegmentError {
    /// The Parquet library says why.
    #[error("not a segment: {0}")]
    Parquet(#[from] ParquetError),
    /// It is Parquet, of something else.
    #[error("not a segment: other columns than a segment has")]
    Schema,
}

/// The rows of a segment, in order.
pub struct Batches {
    file: SerializedFileReader<Bytes>,
    group: usize,
    left: usize,
    readers: Option<Readers>,
    columns: Columns,
}

struct Readers {
    device: ColumnReaderImpl<Int64Type>,
    /// In the order of [`narrow`].
    narrow: [ColumnReaderImpl<Int32Type>; 7],
}

/// The places of the columns of 32 bits in the schema.
const NARROW: [usize; 7] = [0, 2, 3, 4, 5, 6, 7];
const DEVICE: usize = 1;

fn narrow(columns: &mut Columns) -> [&mut Vec<i32>; 7] {
    let Columns { minute, resource, category, place, did, support, queries, .. } = columns;
    [minute, resource, category, place, did, support, queries]
}

/// The Parquet library may panic on what nobody wrote; a damaged file must not end the program.
fn held<T>(call: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, SegmentError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(outcome) => outcome.map_err(SegmentError::Parquet),
        Err(_) => Err(SegmentError::Parquet(ParquetError::General("damaged".to_owned()))),
    }
}

/// Opens a segment.
///
/// # Errors
/// [`SegmentError`]
pub fn open(bytes: Bytes) -> Result<Batches, SegmentError> {
    let file = held(|| SerializedFileReader::new(bytes))?;
    let wanted = parse_message_type(SCHEMA)?;
    let same = {
        let found = file.metadata().file_metadata().schema();
        found.get_fields() == wanted.get_fields()
    };
    if !same {
        return Err(SegmentError::Schema);
    }
    Ok(Batches { file, group: 0, left: 0, readers: None, columns: Columns::default() })
}

/// What a segment says of itself, without its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Which.
    pub identity: Identity,
    /// Rows.
    pub rows: u64,
    /// Facts.
    pub facts: u64,
    /// The first minute and the last.
    pub minutes: (u32, u32),
}

/// Reads what a segment says of itself.
///
/// # Errors
/// [`SegmentError`]
pub fn describe(bytes: Bytes) -> Result<Described, SegmentError> {
    let batches = open(bytes)?;
    let metadata = batches.file.metadata().file_metadata();
    let value = |key: &str| {
        let pairs = metadata.key_value_metadata()?.iter();
        pairs.clone().find(|p| p.key.strip_prefix("evenfield.") == Some(key))?.value.clone()
    };
    let number = |key: &str| value(key)?.parse::<u64>().ok();
    let read = || {
        Some(Described {
            identity: Identity::new(&value("source")?, number("boot")?, number("sequence")?)?,
            rows: u64::try_from(metadata.num_rows()).ok()?,
            facts: number("facts")?,
            minutes: (number("first_minute")?.try_into().ok()?, number("last_minute")?.try_into().ok()?),
        })
    };
    read().ok_or(SegmentError::Schema)
}

impl Batches {
    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// [`SegmentError`]
    pub fn next_rows(&mut self) -> Result<Option<&Columns>, SegmentError> {
        Ok(self.advance()?.then_some(&self.columns))
    }

    /// The rows that [`Batches::advance`] brought last.
    pub fn columns(&self) -> &Columns {
        &self.columns
    }

    /// Brings the next rows; `false` at the end.
    ///
    /// # Errors
    /// [`SegmentError`]
    pub fn advance(&mut self) -> Result<bool, SegmentError> {
        self.columns.clear();
        while self.left == 0 {
            if self.group >= self.file.num_row_groups() {
                return Ok(false);
            }
            self.begin_group()?;
        }
        let most = self.left.min(BATCH);
        let Some(readers) = &mut self.readers else { return Err(SegmentError::Schema) };
        let columns = &mut self.columns;
        let read = held(|| {
            let (mut least, mut largest) = (usize::MAX, 0);
            let mut note = |(rows, _, _): (usize, usize, usize)| {
                least = least.min(rows);
                largest = largest.max(rows);
            };
            note(readers.device.read_records(most, None, None, &mut columns.device)?);
            for (reader, column) in readers.narrow.iter_mut().zip(narrow(columns)) {
                note(reader.read_records(most, None, None, column)?);
            }
            if least != largest || least == 0 {
                return Err(ParquetError::General("columns of different lengths".to_owned()));
            }
            Ok(least)
        })?;
        self.left -= read;
        Ok(true)
    }

    fn begin_group(&mut self) -> Result<(), SegmentError> {
        let (file, group) = (&self.file, self.group);
        let (readers, rows) = held(|| {
            let group = file.get_row_group(group)?;
            let device = match group.get_column_reader(DEVICE)? {
                reader @ ColumnReader::Int64ColumnReader(_) => get_typed_column_reader(reader),
                _ => return Err(ParquetError::General("a column of another type".to_owned())),
            };
            let mut narrow = Vec::with_capacity(NARROW.len());
            for place in NARROW {
                match group.get_column_reader(place)? {
                    reader @ ColumnReader::Int32ColumnReader(_) => {
                        narrow.push(get_typed_column_reader(reader))
                    }
                    _ => return Err(ParquetError::General("a column of another type".to_owned())),
                }
            }
            let narrow = narrow.try_into().map_err(|_| ParquetError::General("columns".to_owned()))?;
            Ok((Readers { device, narrow }, usize::try_from(group.metadata().num_rows()).unwrap_or(0)))
        })?;
        self.readers = Some(readers);
        self.left = rows;
        self.group += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::ResourceId;
    use crate::fact::{Fact, Place};
    use crate::pseudonym::Pseudonym;
    use crate::segment::{Identity, Sealed, encode, pack};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn identity() -> Identity {
        Identity::new("edge-1", 7, 3).expect("a word")
    }

    fn fact() -> impl Strategy<Value = Fact> {
        (any::<u32>(), any::<u64>(), any::<u16>(), any::<bool>(), any::<u8>(), 0u8..4, 0usize..6).prop_map(
            |(minute, device, resource, support, category, did, place)| Fact {
                minute: minute % 50,
                device: Pseudonym(device % 3 * (u64::MAX / 2)),
                resource: (resource % 4 != 0).then_some(ResourceId(resource | 1)),
                support,
                category,
                did,
                place: Place::ALL[place],
            },
        )
    }

    fn seal(facts: &[Fact]) -> Sealed {
        encode(&mut facts.iter().map(pack).collect::<Vec<_>>(), &identity()).expect("a segment")
    }

    fn read(bytes: Vec<u8>) -> Result<BTreeMap<Fact, u32>, SegmentError> {
        let mut batches = open(bytes.into())?;
        let mut facts = BTreeMap::new();
        while let Some(columns) = batches.next_rows()? {
            for row in 0..columns.len() {
                if let Some((fact, queries)) = columns.fact(row) {
                    *facts.entry(fact).or_default() += queries;
                }
            }
        }
        Ok(facts)
    }

    #[test]
    fn the_same_facts_are_the_same_octets_in_any_order() {
        let facts: Vec<_> = (0..5_000u32)
            .map(|n| Fact {
                minute: 29_000_000 + n % 60,
                device: Pseudonym(u64::from(n % 300) << 40),
                resource: Some(ResourceId(n as u16 % 17 + 1)),
                support: n % 5 == 0,
                category: 0,
                did: 0,
                place: Place::School,
            })
            .collect();
        let mut turned = facts.clone();
        turned.reverse();
        let (one, two) = (seal(&facts), seal(&turned));
        assert_eq!(one, two);
        assert_eq!((one.facts, one.minutes), (5_000, (29_000_000, 29_000_059)));
        let described = describe(one.bytes.clone().into()).expect("describes itself");
        let wanted =
            Described { identity: identity(), rows: one.rows, facts: one.facts, minutes: one.minutes };
        assert_eq!(described, wanted);
        let other =
            encode(&mut facts.iter().map(pack).collect::<Vec<_>>(), &Identity { sequence: 4, ..identity() });
        assert_ne!(other.expect("a segment").digest, one.digest);
    }

    #[test]
    fn a_segment_has_facts_and_not_too_many() {
        assert!(encode(&mut [], &identity()).is_err());
        let mut many = vec![super::super::Packed(0); super::super::MOST_ROWS + 1];
        assert!(encode(&mut many, &identity()).is_err());
        assert_eq!(Identity::new("../up", 1, 1), None);
        assert_eq!(Identity::new("", 1, 1), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_sealed_is_read_back(facts in proptest::collection::vec(fact(), 1..300)) {
            let mut wanted = BTreeMap::new();
            for fact in &facts {
                *wanted.entry(*fact).or_default() += 1;
            }
            let sealed = seal(&facts);
            prop_assert_eq!(sealed.rows as usize, wanted.len());
            prop_assert_eq!(read(sealed.bytes).expect("reads"), wanted);
        }

        #[test]
        fn a_damaged_segment_is_an_error_or_other_rows_but_no_panic(facts in proptest::collection::vec(fact(), 1..40), at in any::<usize>(), flip in 1u8.., cut in any::<bool>()) {
            let mut bytes = seal(&facts).bytes;
            let at = at % bytes.len();
            if cut { bytes.truncate(at) } else { bytes[at] ^= flip }
            let outcome = read(bytes);
            prop_assert!(!cut || outcome.is_err());
        }
    }
}
