//! Apache Parquet: columns of text, whole numbers, decimals or floating-point numbers, read in batches within bounded memory.

use super::table::Table;
use ::parquet::basic::{ConvertedType, LogicalType};
use ::parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use ::parquet::data_type::{ByteArray, DataType};
use ::parquet::errors::ParquetError;
use ::parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use evenfield_model::Problems;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Rows that are read at once.
const BATCH: usize = 1 << 14;
/// Octets of a text at most, as of a line of CSV.
const TEXT: usize = 1 << 16;

/// The cells of a column in a batch. Only those that are there have values.
enum Values {
    Text(Vec<ByteArray>),
    /// With how many decimals they have.
    Whole(Vec<i64>, u32),
    Real(Vec<f64>),
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Whole(values, _) => values.len(),
            Self::Real(values) => values.len(),
        }
    }
}

/// A wanted column.
struct Column {
    /// Where it stands in the file.
    place: usize,
    is_decimal: bool,
    decimals: u32,
    reader: Option<ColumnReader>,
    values: Values,
    /// Of each row of the batch the number of its value, or nothing where the cell is empty.
    cells: Vec<Option<u32>>,
}

/// Rows of a file.
pub(super) struct Rows {
    file: String,
    columns: &'static [&'static str],
    reader: Box<dyn FileReader>,
    found: Vec<Option<Column>>,
    group: usize,
    /// Rows of the group that are not read yet.
    left: usize,
    /// The row in the batch, and how many it has.
    at: usize,
    length: usize,
    row: u64,
}

impl Rows {
    /// Finds the columns. The first `required` must be there; one that is not known is a problem.
    pub fn open(
        file: String,
        input: impl ChunkReader + 'static,
        columns: &'static [&'static str],
        required: usize,
        problems: &mut Problems,
    ) -> Option<Self> {
        let reader = match held(|| SerializedFileReader::new(input)) {
            Ok(reader) => reader,
            Err(error) => {
                problems.push(&file, 0, "", "", format!("Apache Parquet: {error}"));
                return None;
            }
        };
        let before = problems.found();
        let mut found: Vec<Option<Column>> = columns.iter().map(|_| None).collect();
        for (place, column) in reader.metadata().file_metadata().schema_descr().columns().iter().enumerate() {
            let name = column.path().string();
            let Some(at) = columns.iter().position(|known| *known == name) else {
                problems.push(&file, 0, &name, &name, format!("one of the columns {}", columns.join(", ")));
                continue;
            };
            if column.max_rep_level() > 0 || column.max_def_level() > 1 || found[at].is_some() {
                problems.push(&file, 0, &name, &name, "one value for each row");
            }
            let is_decimal = matches!(column.logical_type_ref(), Some(LogicalType::Decimal { .. }))
                || column.converted_type() == ConvertedType::DECIMAL;
            let decimals = if is_decimal { column.type_scale() } else { 0 };
            let decimals = u32::try_from(decimals).unwrap_or(0).min(18);
            let (reader, values, cells) = (None, Values::Text(Vec::new()), Vec::new());
            found[at] = Some(Column { place, is_decimal, decimals, reader, values, cells });
        }
        let missing: Vec<&str> =
            (0..required).filter(|at| found[*at].is_none()).map(|at| columns[at]).collect();
        if !missing.is_empty() {
            problems.push(&file, 0, "", "", format!("the columns {}", missing.join(", ")));
        }
        let reader = Box::new(reader);
        (problems.found() == before).then_some(Self {
            file,
            columns,
            reader,
            found,
            group: 0,
            left: 0,
            at: 0,
            length: 0,
            row: 0,
        })
    }

    /// Reads the next rows; false at the end.
    fn fill(&mut self) -> Result<bool, ParquetError> {
        while self.left == 0 {
            if self.group == self.reader.num_row_groups() {
                return Ok(false);
            }
            let group = self.reader.get_row_group(self.group)?;
            self.group += 1;
            self.left = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            for column in self.found.iter_mut().flatten() {
                column.reader = Some(group.get_column_reader(column.place)?);
            }
        }
        let wanted = self.left.min(BATCH);
        for (column, name) in self.found.iter_mut().zip(self.columns) {
            let Some(column) = column else { continue };
            column
                .fill(wanted)
                .map_err(|error| ParquetError::General(format!("the column `{name}`: {error}")))?;
        }
        (self.at, self.length) = (0, wanted);
        self.left -= wanted;
        Ok(true)
    }

    fn value(&self, column: usize) -> Option<(&Values, usize)> {
        let column = self.found[column].as_ref()?;
        Some((&column.values, (*column.cells.get(self.at.checked_sub(1)?)?)? as usize))
    }
}

impl Column {
    fn fill(&mut self, wanted: usize) -> Result<(), ParquetError> {
        let mut levels = Vec::new();
        let decimals = self.decimals;
        self.values = match self.reader.as_mut() {
            Some(ColumnReader::ByteArrayColumnReader(r)) if self.is_decimal => {
                let values = values(r, wanted, &mut levels)?;
                Values::Whole(whole(values.iter().map(ByteArray::data))?, decimals)
            }
            Some(ColumnReader::ByteArrayColumnReader(r)) => Values::Text(values(r, wanted, &mut levels)?),
            Some(ColumnReader::Int32ColumnReader(r)) => {
                let values = values(r, wanted, &mut levels)?;
                Values::Whole(values.into_iter().map(i64::from).collect(), decimals)
            }
            Some(ColumnReader::Int64ColumnReader(r)) => {
                Values::Whole(values(r, wanted, &mut levels)?, decimals)
            }
            Some(ColumnReader::FloatColumnReader(r)) => {
                let values = values(r, wanted, &mut levels)?;
                Values::Real(values.into_iter().map(f64::from).collect())
            }
            Some(ColumnReader::DoubleColumnReader(r)) => Values::Real(values(r, wanted, &mut levels)?),
            Some(ColumnReader::FixedLenByteArrayColumnReader(r)) if self.is_decimal => {
                let values = values(r, wanted, &mut levels)?;
                Values::Whole(whole(values.iter().map(|value| value.data()))?, decimals)
            }
            _ => return Err(ParquetError::General("it is of no text and no number".to_owned())),
        };
        let mut next = 0;
        self.cells.clear();
        // A column in which no cell may be empty has no levels.
        self.cells.extend((0..wanted).map(|row| {
            let there = levels.get(row).is_none_or(|level| *level > 0);
            next += u32::from(there);
            there.then(|| next - 1)
        }));
        let complete = self.values.len() == next as usize && (levels.is_empty() || levels.len() == wanted);
        if complete {
            Ok(())
        } else {
            Err(ParquetError::EOF("columns have not as many rows as the file".to_owned()))
        }
    }
}

/// The whole numbers of decimals that are octets.
fn whole<'v>(values: impl Iterator<Item = &'v [u8]>) -> Result<Vec<i64>, ParquetError> {
    let all: Option<Vec<i64>> = values.map(big_endian).collect();
    all.ok_or_else(|| ParquetError::General("a decimal has more than 18 digits".to_owned()))
}

/// A whole number of two's complement, the first octet the largest; nothing where it is longer than 64 bits hold.
fn big_endian(octets: &[u8]) -> Option<i64> {
    let negative = octets.first().is_some_and(|first| *first >= 0x80);
    let mut value = if negative { -1i128 } else { 0 };
    for octet in octets.iter().take(16) {
        value = value << 8 | i128::from(*octet);
    }
    i64::try_from(value).ok().filter(|_| octets.len() <= 16)
}

/// What the library says. Damaged files make it panic here and there: that is an error like others.
fn held<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ParquetError::General("the file is damaged".to_owned())))
}

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    wanted: usize,
    levels: &mut Vec<i16>,
) -> Result<Vec<T::T>, ParquetError> {
    let mut values = Vec::new();
    let mut left = wanted;
    while left > 0 {
        let (read, _, _) = reader.read_records(left, Some(levels), None, &mut values)?;
        if read == 0 {
            break;
        }
        left -= read;
    }
    Ok(values)
}

/// A whole number with decimals, times 10 to the power of `places`, rounded half up.
fn of_whole(value: i64, decimals: u32, places: i32) -> Option<(u64, bool)> {
    let value = u128::try_from(value).ok()?;
    let shift = places - decimals as i32;
    let power = 10u128.pow(shift.unsigned_abs());
    if shift >= 0 {
        return Some((u64::try_from(value * power).ok()?, false));
    }
    Some((u64::try_from((value + power / 2) / power).ok()?, value % power != 0))
}

/// The same of a floating-point number: of the decimal that it is nearest to.
fn of_real(value: f64, places: i32) -> Option<(u64, bool)> {
    let power = 10f64.powi(places);
    let scaled = (value * power).round();
    // Above 2^53 not every whole number has a floating-point one.
    ((0.0..9e15).contains(&scaled) && value >= 0.0).then(|| (scaled as u64, scaled / power != value))
}

impl Table for Rows {
    fn next(&mut self, problems: &mut Problems) -> bool {
        if self.at == self.length {
            match held(|| self.fill()) {
                Ok(true) => {}
                Ok(false) => return false,
                Err(error) => {
                    problems.push(
                        &self.file,
                        self.row + 1,
                        "",
                        "",
                        format!("a file that can be read: {error}"),
                    );
                    (self.group, self.left) = (self.reader.num_row_groups(), 0);
                    return false;
                }
            }
        }
        self.at += 1;
        self.row += 1;
        true
    }

    fn line(&self) -> u64 {
        self.row
    }

    fn file(&self) -> &str {
        &self.file
    }

    fn name(&self, column: usize) -> &'static str {
        self.columns[column]
    }

    fn has(&self, column: usize) -> bool {
        self.found[column].is_some()
    }

    fn said(&self, column: usize) -> Cow<'_, str> {
        match self.value(column) {
            None => Cow::Borrowed(""),
            Some((Values::Text(values), at)) => {
                // What is no text or far too long is no id either.
                let text =
                    values[at].as_utf8().ok().filter(|text| text.len() <= TEXT && !text.contains('\0'));
                Cow::Borrowed(text.unwrap_or("").trim())
            }
            Some((Values::Whole(values, 0), at)) => Cow::Owned(values[at].to_string()),
            Some((Values::Whole(values, decimals), at)) => {
                Cow::Owned((values[at] as f64 / 10f64.powi(*decimals as i32)).to_string())
            }
            Some((Values::Real(values), at)) => Cow::Owned(values[at].to_string()),
        }
    }

    fn is_blank(&self, column: usize) -> bool {
        match self.value(column) {
            Some((Values::Text(_), _)) => self.said(column).is_empty(),
            value => value.is_none(),
        }
    }

    fn scaled(&self, column: usize, places: i32) -> Option<(u64, bool)> {
        match self.value(column)? {
            (Values::Text(_), _) => super::decimal::scaled(&self.said(column), places).ok(),
            (Values::Whole(values, decimals), at) => of_whole(values[at], *decimals, places),
            (Values::Real(values), at) => of_real(values[at], places),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Files, Input, Limits, read};
    use ::parquet::data_type::{
        ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, Int64Type,
    };
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    use bytes::Bytes;
    use proptest::prelude::*;
    use std::sync::Arc;

    /// What a column holds.
    enum Cells<'c> {
        Text(&'c [&'c str]),
        Whole(&'c [i64]),
        Real(&'c [f64]),
        /// Decimals as octets.
        Octets(&'c [&'c [u8]]),
        /// Empty where the level is 0.
        Some(&'c [f64], &'c [i16]),
    }

    fn written(schema: &str, cells: &[Cells<'_>]) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(&format!("message m {{ {schema} }}")).expect("a schema"));
        let mut bytes = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut bytes, schema, Default::default()).expect("a writer");
        let mut group = writer.next_row_group().expect("a group");
        for cells in cells {
            let mut column = group.next_column().expect("a column").expect("one more");
            match cells {
                Cells::Text(texts) => {
                    let texts: Vec<ByteArray> = texts.iter().map(|text| ByteArray::from(*text)).collect();
                    column.typed::<ByteArrayType>().write_batch(&texts, None, None).expect("written");
                }
                Cells::Whole(numbers) => {
                    column.typed::<Int64Type>().write_batch(numbers, None, None).expect("written");
                }
                Cells::Real(numbers) => {
                    column.typed::<DoubleType>().write_batch(numbers, None, None).expect("written");
                }
                Cells::Octets(values) => {
                    let values: Vec<FixedLenByteArray> =
                        values.iter().map(|v| FixedLenByteArray::from(v.to_vec())).collect();
                    column
                        .typed::<FixedLenByteArrayType>()
                        .write_batch(&values, None, None)
                        .expect("written");
                }
                Cells::Some(numbers, levels) => {
                    column.typed::<DoubleType>().write_batch(numbers, Some(levels), None).expect("written");
                }
            }
            column.close().expect("closed");
        }
        group.close().expect("closed");
        writer.close().expect("closed");
        bytes
    }

    /// Bytes as a file.
    fn parquet(bytes: Vec<u8>) -> std::io::Result<Input<std::io::Empty, Bytes>> {
        Ok(Input::Parquet(Bytes::from(bytes)))
    }

    fn options() -> Vec<u8> {
        written(
            "required binary option (UTF8); required binary strategy (UTF8); required int64 cost (DECIMAL(12, 2)); optional double capacity;",
            &[
                Cells::Text(&["o", "p"]),
                Cells::Text(&["x", "y"]),
                Cells::Whole(&[1_050, 300]),
                Cells::Some(&[2.5], &[0, 1]),
            ],
        )
    }

    #[test]
    fn decimals_may_be_octets() {
        let demand = |octets: &[&[u8]]| {
            let schema = "required int64 demand; required fixed_len_byte_array(5) weight (DECIMAL(10, 2));";
            written(schema, &[Cells::Whole(&[1, 2]), Cells::Octets(octets)])
        };
        let read = instance(demand(&[&[0, 0, 0, 0, 250], &[0, 0, 0, 1, 0]]), &[1.0, 0.5, 0.2]).expect("read");
        assert_eq!(read.instance.weights, [2_500_000, 2_560_000]);
        let wrong = instance(demand(&[&[255, 255, 255, 255, 255], &[0, 0, 0, 1, 0]]), &[1.0, 0.5, 0.2]);
        let wrong = wrong.expect_err("a weight below nothing");
        assert!(wrong.len() == 1 && wrong[0].contains("weight"), "{wrong:?}");
        let plain = "required int64 demand; required fixed_len_byte_array(2) weight;";
        let plain = written(plain, &[Cells::Whole(&[1, 2]), Cells::Octets(&[&[0, 1], &[0, 2]])]);
        let wrong = instance(plain, &[1.0, 0.5, 0.2]).expect_err("no numbers");
        assert!(wrong[0].contains("the column `weight`") && wrong.len() <= 2, "{wrong:?}");
        assert_eq!(big_endian(&[0x80]), Some(-128));
        assert_eq!(big_endian(&[0x7f, 255, 255, 255, 255, 255, 255, 255]), Some(i64::MAX));
        assert_eq!(big_endian(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    }

    fn covers(qualities: &[f64]) -> Vec<u8> {
        written(
            "required binary option (UTF8); required int64 demand; required double quality;",
            &[Cells::Text(&["o", "o", "p"]), Cells::Whole(&[1, 2, 2]), Cells::Real(qualities)],
        )
    }

    fn instance(demand: Vec<u8>, qualities: &[f64]) -> Result<crate::read::Reading, Vec<String>> {
        let files = Files {
            folder: "d".to_owned(),
            instance: Ok("budget = 20\n".to_owned()),
            demand: parquet(demand),
            options: parquet(options()),
            covers: parquet(covers(qualities)),
        };
        read(files, Limits::default())
            .map_err(|problems| problems.kept().iter().map(ToString::to_string).collect())
    }

    fn demand(weights: &[f64]) -> Vec<u8> {
        written(
            "required int64 demand; required double weight;",
            &[Cells::Whole(&[1, 2]), Cells::Real(weights)],
        )
    }

    #[test]
    fn a_folder_of_parquet_is_the_same_as_one_of_text() {
        let found = instance(demand(&[3.0, 0.1]), &[0.7, 1.0, 0.3]).expect("an instance");
        let text = Files {
            folder: "d".to_owned(),
            instance: Ok("budget = 20\n".to_owned()),
            demand: Ok("demand,weight\n1,3\n2,0.1\n".as_bytes()),
            options: Ok("option,strategy,cost,capacity\no,x,10.50,\np,y,3,2.5\n".as_bytes()),
            covers: Ok("option,demand,quality\no,1,0.7\no,2,1\np,2,0.3\n".as_bytes()),
        };
        let text = read(text, Limits::default()).expect("an instance");
        assert_eq!((found.instance, found.rounded), (text.instance, 0));
    }

    #[test]
    fn wrong_values_have_their_messages() {
        let problems = instance(demand(&[-1.0, f64::NAN]), &[1.0000001, 0.5, 0.5]).expect_err("problems");
        let has = |text: &str| problems.iter().any(|problem| problem.contains(text));
        assert!(
            has("d/demand.parquet:1") && has("-1") && has("d/demand.parquet:2") && has("NaN"),
            "{problems:?}"
        );
        assert!(has("d/covers.parquet:1") && has("1.0000001"), "{problems:?}");
        let nested = written("required group a { required int64 demand; }", &[Cells::Whole(&[1])]);
        let problems = instance(nested, &[1.0, 0.5, 0.5]).expect_err("problems");
        assert!(
            problems.iter().any(|problem| problem.contains("one of the columns demand, weight")),
            "{problems:?}"
        );
        let problems = instance(b"demand,weight\n".to_vec(), &[1.0, 0.5, 0.5]).expect_err("problems");
        assert!(problems.iter().any(|problem| problem.contains("Apache Parquet")), "{problems:?}");
    }

    #[test]
    fn numbers_are_rounded_half_up_and_said_to_be() {
        assert_eq!(of_whole(1_050, 2, 2), Some((1_050, false)));
        assert_eq!(of_whole(15, 1, 0), Some((2, true)));
        assert_eq!(of_whole(3, 0, 6), Some((3_000_000, false)));
        assert_eq!((of_whole(-1, 0, 6), of_whole(i64::MAX, 0, 6)), (None, None));
        assert_eq!(of_real(0.1, 6), Some((100_000, false)));
        assert_eq!(of_real(1.25e-7, 6), Some((0, true)));
        assert_eq!((of_real(-0.5, 6), of_real(f64::INFINITY, 6), of_real(f64::NAN, 6)), (None, None, None));
    }

    proptest! {
        #[test]
        fn damaged_files_never_panic(changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), cut in any::<prop::sample::Index>(), is_cut in any::<bool>()) {
            let mut bytes = demand(&[3.0, 0.1]);
            for (at, octet) in changes {
                let at = at.index(bytes.len());
                bytes[at] = octet;
            }
            if is_cut {
                bytes.truncate(cut.index(bytes.len()));
            }
            let _ = instance(bytes, &[0.7, 1.0, 0.3]);
        }
    }
}
