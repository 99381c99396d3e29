#pragma once

#include <memory>

#include <ablatrix/plan/stage.hpp>

/// \file
/// Every stage of the ECG job: one function a stage, one file a function. n rows under detection, C classes, d
/// dimensions, k neighbours, E epochs, m evaluation rows. Arrays are float64 unless noted. Kinds are named "ecg.<file
/// name>".
///
/// A "score bundle" holds arrays "score/<method>" [n], higher = more suspicious (ecg.md 5, 6).
/// A "signal bundle" holds "score" [n] and "confidence" [n].

namespace ablatrix::ecg {

class Sources;

// --- data -----------------------------------------------------------------------------------------------------------
/// -> data::Dataset::to_bundle(). Its parameter is the table's content hash; \p sources holds the tables of the plan.
plan::StageKind source_stage(std::shared_ptr<Sources const> sources);
/// "source" -> Dataset bundle of the rows of this seed: "role" = "train" (stratified subsample without the reserve),
/// "reserve" (rows the explainer learns from; never in a subsample), "test" (held-out rows when the source has no own)
/// or "all". Pairs come out as one text.
plan::StageKind subsample_stage();
/// "rows" -> "item" (int64), "clean", "observed" (int32), "is_noisy" (uint8), scalars "classes", "n_noisy",
/// "noisy_share", "dropped_empty", "dropped_undecided" (rows of the table left out when loading). ecg.md 1.3, 1.7
plan::StageKind labels_stage();
/// "rows", "labels" -> "row" (int64 item ids), "text" (string), "has_marker" (uint8), "has_rating" (uint8),
/// "has_artifact" (uint8). ecg.md 1.4, 1.5
plan::StageKind marked_text_stage();
/// "source", "rows" -> string array "first": the first texts of pairs, which tell where to cut the joined ones
/// (pairs.hpp).
plan::StageKind pairs_stage();
/// "rows" (evaluation rows) -> string arrays "text/<variant>", int32 "label", and the rows' ground truth ("item",
/// "clean", "observed", "is_noisy"). Variants of rating tokens are named "rating-<variant>". ecg.md 1.6
plan::StageKind evaluation_texts_stage();

// --- representation -------------------------------------------------------------------------------------------------
/// "text" (a bundle with string array "text") -> the fitted model ("tfidf/...", "svd/...") and "vectors" (float [n x
/// d], unit rows).
plan::StageKind lsa_stage();
/// "model" (lsa), "text" (string arrays) -> for every input array "text<rest>", "vectors<rest>" (float [rows x d]).
plan::StageKind lsa_transform_stage();
/// "text" (string arrays), optional "known_text" and "known" (an earlier output for its array "text") ->
/// "vectors<rest>" for every "text<rest>": what the checkpoint's embedder makes of them. ecg.md 4.2
plan::StageKind hf_embed_stage();
/// "text" (string arrays), optional "pairs", optional "fitted" (the output for the training rows) -> "vectors<rest>":
/// the first token's last state in the checkpoint's encoder, each dimension brought to mean 0 and variance 1/d over the
/// training rows ("mean", "scale", float [d]).
plan::StageKind probe_states_stage();
/// "text", optional "pairs" -> scalars "truncated_rows", "truncated_markers": rows cut at max_length tokens, and those
/// of them that lose their marker. ecg.md T19
plan::StageKind truncation_stage();
/// "vectors", "labels" -> "probs" (float [n x C]), "loss", "train_margin", "eval_margin" (float [E x n]), "weight",
/// "bias" (float), "features" (float [n x d]: inputs scaled by the norm of the class-centred weights), scalar
/// "train_loss".
plan::StageKind train_stage();
/// "vectors", "labels" -> "probs" (float [n x C]), "fold" (int32 [n]). Stratified on observed labels. ecg.md 2.3
plan::StageKind crossval_stage();
/// "text", "labels", optional "pairs" -> what train makes, of a network trained as a whole; "features" are the first
/// token's last states (unit rows), and there are no weights. ecg.md 2.1, 2.2
plan::StageKind finetune_stage();
/// "text", "labels", optional "pairs" -> "row" (int64 [m]: rows of fold "fold"), "probs" (float [m x C]) by a network
/// trained on the others.
plan::StageKind finetune_fold_stage();
/// "fold0", "fold1", ... (finetune_fold) -> what crossval makes.
plan::StageKind join_folds_stage();

// --- explanations ---------------------------------------------------------------------------------------------------
/// "reserve" (Dataset bundle), "text" -> M samples a row: "pred_label" (int32 [M x n], -1 unknown), "confidence" [M x
/// n] (0..100), string [M x n] "rationale", "counterfactual", "evidence" (spans joined by "\x1f"), uint8 [M x n]
/// "parse_success", int32 "evidence_begin"/"evidence_end" [M x n x 3] (-1 none). A lexical stand-in for an LLM.
plan::StageKind explain_stage();
/// "explanations" -> "vectors" (float [n x d], unit rows), "valid" (uint8 [n]), "string" (canonical strings of the
/// primary sample), "rationale_vectors" (float [M x n x d]), by an lsa of these strings or, where a model is named, by
/// that checkpoint (then optional "known_explanations" and "known", an earlier output for them). ecg.md 4.1
plan::StageKind embed_explanations_stage();
/// "explanations", "embedding" -> "reliability", "label_agreement", "evidence_jaccard", "rationale_similarity" [n],
/// int32 "dominant_label" [n]. ecg.md 3.7
plan::StageKind reliability_stage();

// --- graph and signals ----------------------------------------------------------------------------------------------
/// "embedding" (parameter "array", optional "valid"), optional "text" (for exclude_identical) -> "index" (int32 [n x
/// k], -1 none), "similarity" (float [n x k]), "outlier" [n], scalar "duplicate_share". ecg.md 4.3, 4.6
plan::StageKind neighbours_stage();
/// "neighbours", optional "reliability" -> "index", "similarity" as they are, "weight" [n x k] (rows sum to 1 or 0).
/// ecg.md 4.4
plan::StageKind graph_stage();
/// "graph", "labels" -> signal bundle + uint8 "isolated". ecg.md 5.1
plan::StageKind neighbourhood_stage();
/// "explanations", for mode pmi "labels" and "text" -> signal bundle. ecg.md 5.3
plan::StageKind artifact_stage();
/// "reliability" -> signal bundle. ecg.md 5.4
plan::StageKind stability_stage();
/// "dynamics" (train) -> signal bundle. ecg.md 5.5
plan::StageKind dynamics_stage();
/// one input a signal, role = signal name -> score bundle "score/ecg_fixed", "score/ecg_adaptive". ecg.md 5.6, 5.7
plan::StageKind combine_stage();

// --- baselines (ecg.md 6), each -> score bundle ---------------------------------------------------------------------
/// "crossval", "labels": self_confidence, high_loss, margin, entropy, least_confidence, confident_learning
plan::StageKind probability_baselines_stage();
/// "dynamics": aum
plan::StageKind aum_baseline_stage();
/// "neighbours", "labels": unweighted neighbour disagreement "score/<parameter name>" (input_knn, classifier_knn)
plan::StageKind knn_baseline_stage();
/// "dynamics", "crossval", "labels": nrg
plan::StageKind nrg_baseline_stage();
/// "embedding", "labels": wann
plan::StageKind wann_baseline_stage();
/// "explanations", "labels": label_mismatch
plan::StageKind mismatch_baseline_stage();
/// "rows": random
plan::StageKind random_baseline_stage();
/// "text" (marked text): marker_oracle
plan::StageKind marker_oracle_stage();
/// "signal" -> score bundle "score/<parameter name>": a signal seen as a method (explanation_knn, ecg_input)
plan::StageKind signal_method_stage();

// --- measurement ----------------------------------------------------------------------------------------------------
/// "scores", "labels" -> for each "score/<m>": "metrics/score/<m>" (detection_metrics() values), "roc/score/<m>",
/// "pr/score/<m>". ecg.md 7.1
plan::StageKind detection_metrics_stage();
/// "explanations", "text", optional "pairs" -> string arrays "text/explained" (rows with evidence), "text/deleted"
/// (these without it), "text/kept" (their evidence alone), "text/marked" (rows with a known token), "text/unmarked"
/// (these without); with pairs also "first/<name>".
plan::StageKind faithfulness_texts_stage();
/// Either "vectors" (of faithfulness_texts) and "dynamics" (train), or "answers" (finetune_retrain asked about them) ->
/// scalars "comprehensiveness", "sufficiency", "spurious_attribution", "rows". ecg.md 7.2
plan::StageKind faithfulness_stage();
/// "explanations", "labels", "reliability" -> scalars "rationale_only_accuracy", "majority_rate", "label_word_rate",
/// "parse_rate", "unknown_rate", "mean_reliability", ... ecg.md 7.3
plan::StageKind leakage_stage();
/// "labels", optional "scores", optional "explanations"/"reliability" (relabel) -> cleaned training rows:
/// int32 "label" [n], float "weight" [n] (0 = removed), scalars "n_removed", "n_relabelled", "n_kept", "precision",
/// "recall", "f1" (undefined for the action reweight). Parameters: method, fraction, action, ... ecg.md 8.1, 8.2
plan::StageKind clean_stage();
/// "cleaned", "vectors", "evaluation" ("vectors/<variant>") -> int32 "prediction/<variant>" [m] retrained on the
/// cleaned rows, "confidence/prediction/<variant>" [m] (probability of the predicted class), float
/// "logits/prediction/<variant>" [m x classes]. ecg.md 8.3
plan::StageKind retrain_stage();
/// "cleaned", "text", optional "pairs", optional "evaluation" (string arrays "text/<variant>") with "evaluation_pairs"
/// -> what retrain makes, by fine-tuning; optional "questions" (string arrays "text/<kind>") -> "logits/text/<kind>"
/// (float). The network itself is not kept: it would be the largest artifact by far.
plan::StageKind finetune_retrain_stage();
/// "retrained", "evaluation_texts" -> "metrics/prediction/<variant>" (test_metrics() values).
plan::StageKind test_metrics_stage();

}  // namespace ablatrix::ecg
