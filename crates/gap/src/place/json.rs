//! GeoJSON and TopoJSON share a shape: objects with `type`, `properties` and nested arrays of numbers.
//! These types read that shape with memory in proportion to the input, whatever its nesting says.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Nested arrays that end in positions: GeoJSON `coordinates`, TopoJSON `arcs` of a topology.
#[derive(Clone, Debug, PartialEq)]
pub enum Positions {
    /// A number where an array was wanted, only inside a position being read.
    Number(f64),
    /// `[x, y, …]`: the first two numbers.
    Position([f64; 2]),
    /// An array of arrays.
    List(Vec<Positions>),
    /// Something that is not a number or an array of them.
    Other,
}

/// Nested arrays that end in whole numbers: TopoJSON `arcs` of a geometry.
#[derive(Clone, Debug, PartialEq)]
pub enum Indexes {
    /// The index of an arc, or its complement when the arc is walked backwards.
    Index(i64),
    /// An array.
    List(Vec<Indexes>),
    /// Something else.
    Other,
}

/// A property's value as text; arrays and objects are passed over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scalar(pub Option<String>);

macro_rules! visits_other {
    ($other:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($other)
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok($other)
        }
    };
}

impl<'de> Deserialize<'de> for Positions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Positions;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("numbers in nested arrays")
            }
            fn visit_f64<E>(self, number: f64) -> Result<Positions, E> {
                Ok(Positions::Number(number))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Positions, E> {
                Ok(Positions::Number(number as f64))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Positions, E> {
                Ok(Positions::Number(number as f64))
            }
            visits_other!(Positions::Other);
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Positions, A::Error> {
                let Some(first) = seq.next_element()? else { return Ok(Positions::List(Vec::new())) };
                if let Positions::Number(x) = first {
                    let second: Option<Positions> = seq.next_element()?;
                    while seq.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(match second {
                        Some(Positions::Number(y)) => Positions::Position([x, y]),
                        _ => Positions::Other,
                    });
                }
                let mut list = vec![first];
                while let Some(next) = seq.next_element()? {
                    list.push(next);
                }
                Ok(Positions::List(list))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

impl<'de> Deserialize<'de> for Indexes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Indexes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("whole numbers in nested arrays")
            }
            fn visit_f64<E>(self, _: f64) -> Result<Indexes, E> {
                Ok(Indexes::Other)
            }
            fn visit_i64<E>(self, number: i64) -> Result<Indexes, E> {
                Ok(Indexes::Index(number))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Indexes, E> {
                Ok(i64::try_from(number).map_or(Indexes::Other, Indexes::Index))
            }
            visits_other!(Indexes::Other);
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Indexes, A::Error> {
                let mut list = Vec::new();
                while let Some(next) = seq.next_element()? {
                    list.push(next);
                }
                Ok(Indexes::List(list))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.to_string())))
            }
            fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(Some(value.trim().to_owned())))
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar(None))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar(None))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}

/// `properties`: names and values in the file's order; `null` is the same as none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Properties;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of properties or null")
            }
            fn visit_unit<E>(self) -> Result<Properties, E> {
                Ok(Properties::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
                let mut found = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Scalar>()? {
                    if let Some(value) = value.0 {
                        found.push((name, value));
                    }
                }
                Ok(Properties(found))
            }
        }
        deserializer.deserialize_any(Visit)
    }
}
