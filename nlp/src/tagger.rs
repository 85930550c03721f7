//! Articles in, tagged articles out.

use vedetta_domain::{Article, TaggedArticle};

use crate::agree::Part;
use crate::model::{ModelError, NerModel, Span};
use crate::{Hints, Lexicon, detect, link, sentences};

/// Limits of a [`Tagger`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaggerConfig {
    /// Pieces of one batch, padding counted.
    pub token_budget: usize,
    /// Bytes of a text that go through the model; the lexicon sees all of it.
    pub max_text_bytes: usize,
    /// Threads of the model, for the whole process; `None` leaves libtorch's default.
    pub threads: Option<u16>,
}

impl Default for TaggerConfig {
    fn default() -> Self {
        // Of the budgets from 256 to 8,192 that `make bench` tries, 512 and 1,024 were the fastest; less is less memory.
        Self { token_budget: 512, max_text_bytes: 200_000, threads: None }
    }
}

/// Why articles were not tagged.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl TagError {
    /// Whether another try can go better.
    pub fn retry(&self) -> bool {
        matches!(self, Self::Model(ModelError::Run(_)))
    }
}

/// Language, model and lexicon together. Without a model the lexicon tags alone.
pub struct Tagger {
    lexicon: Lexicon,
    model: Option<NerModel>,
    config: TaggerConfig,
}

impl Tagger {
    /// Joins the parts; sets the model's threads if the configuration does.
    pub fn new(lexicon: Lexicon, mut model: Option<NerModel>, config: TaggerConfig) -> Self {
        if let (Some(threads), Some(model)) = (config.threads, &mut model) {
            model.set_threads(threads);
        }
        Self { lexicon, model, config }
    }

    /// The model's id; `None` where the lexicon tags alone.
    pub fn model_id(&self) -> Option<&str> {
        self.model.as_ref().map(NerModel::id)
    }

    /// Tags articles together: the model's batches go across them.
    pub fn tag(&self, articles: Vec<(Article, Hints)>) -> Result<Vec<TaggedArticle>, TagError> {
        // Title and text of every article, one after the other.
        let ranges: Vec<[Vec<(usize, usize)>; 2]> = articles
            .iter()
            .map(|(article, _)| [sentences(title(article)), sentences(&article.text)])
            .collect();
        let spans = self.spans(&articles, &ranges)?;
        let tagged =
            articles.into_iter().zip(ranges).zip(spans).map(|(((article, mut hints), ranges), spans)| {
                hints.declared = hints.declared.or_else(|| article.declared_language.clone());
                let language =
                    detect(if article.text.is_empty() { title(&article) } else { &article.text }, &hints);
                let [title_sentences, text_sentences] = ranges;
                let parts = [
                    Part {
                        text: title(&article),
                        sentences: &title_sentences,
                        spans: &spans[0],
                        first_sentence: 0,
                    },
                    Part {
                        text: &article.text,
                        sentences: &text_sentences,
                        spans: &spans[1],
                        first_sentence: title_sentences.len(),
                    },
                ];
                let mut mentions = link::link(&self.lexicon, &parts).into_iter();
                TaggedArticle {
                    language,
                    title_mentions: mentions.next().unwrap_or_default(),
                    mentions: mentions.next().unwrap_or_default(),
                    sentences: text_sentences,
                    model: self.model_id().map(str::to_owned),
                    article,
                }
            });
        Ok(tagged.collect())
    }

    fn spans(
        &self,
        articles: &[(Article, Hints)],
        ranges: &[[Vec<(usize, usize)>; 2]],
    ) -> Result<Vec<[Vec<Span>; 2]>, TagError> {
        let Some(model) = &self.model else {
            return Ok(articles.iter().map(|_| Default::default()).collect());
        };
        let capped: Vec<Vec<(usize, usize)>> = articles
            .iter()
            .zip(ranges)
            .flat_map(|((article, _), ranges)| {
                [self.cap(title(article), &ranges[0]), self.cap(&article.text, &ranges[1])]
            })
            .collect();
        let texts: Vec<(&str, &[(usize, usize)])> = articles
            .iter()
            .flat_map(|(article, _)| [title(article), &article.text])
            .zip(capped.iter().map(Vec::as_slice))
            .collect();
        let mut spans = model.spans_in(&texts, self.config.token_budget)?.into_iter();
        Ok(articles
            .iter()
            .map(|_| [spans.next().unwrap_or_default(), spans.next().unwrap_or_default()])
            .collect())
    }

    /// The sentences that the model reads; one that goes over the cap is cut there.
    fn cap(&self, text: &str, sentences: &[(usize, usize)]) -> Vec<(usize, usize)> {
        let cap = text.floor_char_boundary(self.config.max_text_bytes.min(text.len()));
        sentences
            .iter()
            .take_while(|(start, _)| *start < cap)
            .map(|&(start, end)| (start, end.min(cap)))
            .collect()
    }
}

fn title(article: &Article) -> &str {
    article.title.as_deref().unwrap_or("")
}
