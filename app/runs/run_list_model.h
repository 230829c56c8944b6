// SPDX-License-Identifier: GPL-3.0-or-later
// Finetuning runs as rows for a view, and what may be done with a run in its state.
#pragma once

#include "app/models/keyed_list.h"
#include "core/protocol/training.h"

class RunListModel : public KeyedList<greylag::protocol::RunStatus> {
 public:
  enum Role {
    RunId = Qt::UserRole + 1,
    Name,
    State,      // the protocol's word
    StateText,  // the same for people
    Tone,       // "live" | "good" | "waiting" | "bad"
    Progress,   // 0-1
    StepText,   // "step 120 of 200"
    TimeLeft,   // "1 min 20 s left", empty when it does not run
    LossText,
    Subject,  // "LoRA on greylag-tiny"
    Started,  // date and time
    Error,
    Summary,  // one sentence for assistive technology
  };

  explicit RunListModel(QObject* parent = nullptr);

 protected:
  QString keyOf(const greylag::protocol::RunStatus& row) const override;
  QVariant value(const greylag::protocol::RunStatus& row, int role) const override;
};

// States come from the engine, which derives them from the live process; these say what fits one.
namespace run_state {
// Unix time; of a run that has not begun yet, of its folder. 0: unknown.
double startTime(const greylag::protocol::RunStatus& run);
bool isLive(const std::string& state);  // a trainer works on it now; a paused one waits
bool canPause(const std::string& state);
bool canResume(const std::string& state);
bool canStop(const std::string& state);
bool canSave(const std::string& state);
bool canDelete(const std::string& state);
QString text(const std::string& state);
QString tone(const std::string& state);
}  // namespace run_state

// "lora" -> "LoRA"; shared with the wizard.
QString methodName(const std::string& method);
// File name without extension of the base model.
QString baseModelName(const greylag::protocol::RunConfig& config);
