//! Text in, language and entities out.
//!
//! [`detect`] names the language; [`Tagger`] joins the named-entity model ([`NerModel`], rust-bert) and the
//! gazetteer ([`Lexicon`]) to one list of linked mentions. Only this crate names rust-bert, tch and whatlang.

mod agree;
mod batch;
mod bert;
mod builtin;
mod casing;
mod deberta;
mod deberta_config;
mod decode;
mod designator;
mod lanes;
mod language;
mod lexicon;
mod link;
mod model;
mod net;
mod new_names;
mod ngrams;
mod normalise;
mod phrases;
mod precision;
mod repeat;
mod sentence;
mod short_form;
mod tagger;
mod tokenizer;
mod viterbi;
mod weights;
mod window;

pub use language::{Hints, detect};
pub use lexicon::{Lexicon, LexiconProblem};
pub use model::{ModelError, NerModel, Span, WordLabel};
pub use new_names::new_names;
pub use precision::Precision;
pub use sentence::sentences;
pub use tagger::{TagError, Tagger, TaggerConfig};
