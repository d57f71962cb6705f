//! Facts to the octets of a segment.

use super::{Columns, FileDigest, Identity, Packed};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::data_type::{DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use parquet::schema::types::{ColumnPath, TypePtr};
use std::sync::{Arc, LazyLock};

/// How many facts a segment holds at most.
pub const MOST_ROWS: usize = 1 << 21;
/// Rows of a row group: what a reader decodes independently of the rest.
const ROW_GROUP: usize = 1 << 20;
/// A dictionary of 262,144 devices.
const DICTIONARY_OCTETS: usize = 2 << 20;

pub(super) const SCHEMA: &str = "message facts {
    REQUIRED INT32 minute;
    REQUIRED INT64 device (INTEGER(64,false));
    REQUIRED INT32 resource (INTEGER(16,false));
    REQUIRED INT32 category (INTEGER(8,false));
    REQUIRED INT32 place (INTEGER(8,false));
    REQUIRED INT32 did (INTEGER(8,false));
    REQUIRED INT32 support (INTEGER(8,false));
    REQUIRED INT32 queries;
}";

static SCHEMA_TYPE: LazyLock<TypePtr> =
    LazyLock::new(|| Arc::new(parse_message_type(SCHEMA).expect("a test writes with this schema")));

/// A segment, ready to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Which.
    pub identity: Identity,
    /// Of `bytes`.
    pub digest: FileDigest,
    /// The file.
    pub bytes: Vec<u8>,
    /// Rows in it.
    pub rows: u64,
    /// Facts in it: the sum of `queries`.
    pub facts: u64,
    /// The first minute and the last.
    pub minutes: (u32, u32),
}

fn properties(identity: &Identity, facts: usize, minutes: (u32, u32)) -> WriterPropertiesPtr {
    let key = |key: &str, value: String| KeyValue::new(format!("evenfield.{key}"), value);
    let minute = || ColumnPath::from("minute");
    let properties = WriterProperties::builder()
        // A fixed text: the octets must not change with a library's version number.
        .set_created_by("evenfield segment 1".to_owned())
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_page_size_limit(DICTIONARY_OCTETS)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_column_statistics_enabled(minute(), EnabledStatistics::Chunk)
        .set_column_dictionary_enabled(minute(), false)
        .set_column_encoding(minute(), Encoding::DELTA_BINARY_PACKED)
        .set_key_value_metadata(Some(vec![
            key("source", identity.source.clone()),
            key("boot", identity.boot.to_string()),
            key("sequence", identity.sequence.to_string()),
            key("facts", facts.to_string()),
            key("first_minute", minutes.0.to_string()),
            key("last_minute", minutes.1.to_string()),
        ]));
    Arc::new(properties.build())
}

/// Sorts facts, makes one row of equal ones, and writes them.
///
/// # Errors
/// When there are none or more than [`MOST_ROWS`]; none else is known.
pub fn encode(facts: &mut [Packed], identity: &Identity) -> Result<Sealed, ParquetError> {
    if facts.is_empty() || facts.len() > MOST_ROWS {
        return Err(ParquetError::General(format!(
            "a segment has 1 to {MOST_ROWS} facts, not {}",
            facts.len()
        )));
    }
    facts.sort_unstable();
    let columns = Columns::from_sorted(facts);
    let minutes = (columns.minute[0] as u32, columns.minute[columns.len() - 1] as u32);
    let properties = properties(identity, facts.len(), minutes);
    let mut file = SerializedFileWriter::new(Vec::new(), SCHEMA_TYPE.clone(), properties)?;
    for start in (0..columns.len()).step_by(ROW_GROUP) {
        let rows = start..(start + ROW_GROUP).min(columns.len());
        let mut group = file.next_row_group()?;
        write::<Int32Type, _>(&mut group, &columns.minute[rows.clone()])?;
        write::<Int64Type, _>(&mut group, &columns.device[rows.clone()])?;
        for column in [
            &columns.resource,
            &columns.category,
            &columns.place,
            &columns.did,
            &columns.support,
            &columns.queries,
        ] {
            write::<Int32Type, _>(&mut group, &column[rows.clone()])?;
        }
        group.close()?;
    }
    let bytes = file.into_inner()?;
    Ok(Sealed {
        identity: identity.clone(),
        digest: FileDigest::of(&bytes),
        rows: columns.len() as u64,
        facts: facts.len() as u64,
        minutes,
        bytes,
    })
}

fn write<T: DataType, W: std::io::Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
) -> Result<(), ParquetError> {
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("fewer columns than the schema has".to_owned()));
    };
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}
