#pragma once

#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

#include <ablatrix/config/node.hpp>

/// \file
/// Everything that an ECG experiment may set, with its default. docs/ecg.md explains each; sections are of the method's
/// specification. parameters.cpp lists every field once: reading and defaults() are both generated from that list.

namespace ablatrix::ecg {

/// The signals in the order in which they are always listed.
inline constexpr char const* signal_names[] = {"neighbourhood", "nli", "artifact", "stability", "dynamics"};
inline constexpr std::size_t signal_count = std::size(signal_names);

/// A synthetic table, see data::SyntheticOptions.
struct SyntheticParameters
{
    std::int64_t rows = 2000;
    std::int64_t seed = 7;
    std::int64_t classes = 2;
    double overlap = 0.5;
    std::int64_t words_min = 6;
    std::int64_t words_max = 18;
};

/// Column names of a table, see data::TableOptions. Empty = the table has none.
struct ColumnParameters
{
    std::string text = "text";
    std::string text2;
    std::string label = "label";
    std::string clean_label;
    std::string ratings;
};

struct DataParameters
{
    std::string source = "synthetic";  ///< synthetic | table
    std::string path;                  ///< table; "${ABLATRIX_DATA}/..." is the folder of real data
    std::string test_path;             ///< held-out table with the same columns; "" = hold out test_rows of the table
    ColumnParameters columns;
    std::vector<std::string> class_names;
    std::int64_t n_train = 0;      ///< rows under detection, stratified; 0 = all that are left
    std::int64_t test_rows = 500;  ///< rows held out when there is no test_path
    std::int64_t reserve_rows =
        2000;  ///< at most, and at most a quarter of the table: what the lexical explainer knows
    SyntheticParameters synthetic;
};

struct NoiseParameters
{
    std::string type = "artifact";       ///< none | uniform | artifact | annotator | real (label against clean column)
    double rate = 0.10;                  ///< share of flipped rows; means nothing for none, annotator and real
    double marker_clean_fraction = 0.0;  ///< 1.4: q, share of clean rows with the marker of their own label
    bool shared_marker = false;          ///< 1.4: more than two classes share two markers, as published
};

struct RatingParameters
{
    bool enabled = false;
    double fraction = 0.30;  ///< 1.5
};

/// How texts and explanations become vectors.
struct EmbedderParameters
{
    std::string kind = "lsa";     ///< lsa (TF-IDF and truncated SVD of the texts at hand) | hf (a checkpoint)
    std::string model;            ///< hf: its folder; "${ABLATRIX_MODELS}/..." is the folder of models
    std::int64_t max_length = 0;  ///< hf: tokens of a row; 0 = what the checkpoint's own files say
    std::int64_t dim = 256;       ///< this and what follows: lsa
    std::int64_t max_features = 20000;
    std::int64_t min_documents = 2;
    bool bigrams = false;
};

/// The recipe of kind finetune (2.1); the other kinds train the softmax regression of ClassifierParameters.
struct FineTuneParameters
{
    std::int64_t epochs = 3;
    std::int64_t batch = 64;
    double learning_rate = 2e-5;
    double weight_decay = 0.01;
};

struct ClassifierParameters
{
    std::string kind =
        "linear";       ///< linear (on the embedder's vectors) | probe (on a frozen encoder's states) | finetune
    std::string model;  ///< probe, finetune: the checkpoint's folder; "" = embedder.model
    std::int64_t max_length = 128;  ///< probe, finetune: tokens of a row
    FineTuneParameters finetune;
    std::int64_t epochs = 10;  ///< this and what follows: linear, probe
    std::int64_t batch = 64;
    double learning_rate = 0.02;
    double weight_decay = 0.01;
    std::int64_t folds = 5;  ///< 2.3; of every kind
};

struct ExplanationParameters
{
    std::string backend = "lexical";
    std::int64_t samples = 3;              ///< 3.6: M, the primary included
    std::string metadata_policy = "none";  ///< 3.2: none | strip (the explainer does not see known tokens)
    double label_word_weight = 1.0;        ///< log-odds that a word which abbreviates a label name adds to that label
    double smoothing = 1.0;                ///< add-alpha of the word counts
    double temperature = 2.0;              ///< divides log-odds before they are stated as a confidence
    double word_dropout = 0.15;            ///< chance that an extra sample overlooks a word
    std::string canonical = "K1";          ///< 4.1: K1 .. K5 (K4 leaks the explainer's own label)
    std::string embedder = "same";  ///< same (embedder.kind, for explanations too) | lsa, whatever the texts have
    std::int64_t dim = 256;         ///< of the vectors of the canonical strings; lsa
};

struct GraphParameters
{
    std::int64_t k = 15;
    double s_min = 0.35;
    double tau = 0.07;
    bool mutual = false;
    bool reliability = true;
    std::int64_t k_outlier = 5;
    std::string exclude_identical = "none";  ///< none | same_string | same_text
};

struct SignalParameters
{
    bool enabled[signal_count] = {true, false, true, true, true};
    double weights[signal_count] = {0.30, 0.30, 0.15, 0.15, 0.10};  ///< 5.7, fixed combination
    double epsilon = 1e-3;                                          ///< 5.1
    std::string artifact_mode = "synthetic";                        ///< 5.3: synthetic | binary | pmi
};

struct BaselineParameters
{
    std::string nrg_mode = "reference";  ///< 6: reference | original
};

struct CleaningParameters
{
    std::vector<std::string> methods{"none", "oracle", "random", "ecg_adaptive", "explanation_knn", "self_confidence"};
    std::vector<double> fractions{0.05};
    std::string action = "remove";  ///< 8.2: remove | relabel | reweight
    double min_confidence = 0.7;    ///< relabel: the explanation's stated confidence
    double min_reliability = 0.8;
};

struct Parameters
{
    std::int64_t seed = 42;
    DataParameters data;
    NoiseParameters noise;
    RatingParameters rating;
    EmbedderParameters embedder;
    ClassifierParameters classifier;
    ExplanationParameters explanation;
    GraphParameters graph;
    SignalParameters signals;
    BaselineParameters baselines;
    CleaningParameters cleaning;
};

/// Scores that `cleaning.methods` may name, beside none, oracle and random.
std::vector<std::string> const& detection_methods();

/// Typed and checked as far as this is possible without data. \throws config::ConfigError with file, line and column
Parameters read_parameters(config::Node const& node);
/// Every parameter with its default.
config::Node default_parameters();

}  // namespace ablatrix::ecg
