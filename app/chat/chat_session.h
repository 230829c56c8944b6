// SPDX-License-Identifier: GPL-3.0-or-later
// The conversation on the screen: sends, streams, stops, branches, and writes everything to the
// store as it happens. An answer keeps arriving when the user opens another conversation only if it
// is stopped first: opening stops it and keeps what there is. GUI thread only.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QPointer>
#include <QQmlEngine>
#include <optional>

#include "app/chat/answer_stream.h"
#include "app/chat/chat_options.h"
#include "app/chat/chat_store.h"
#include "app/chat/chat_targets.h"
#include "app/chat/chat_tree.h"
#include "app/chat/message_model.h"
#include "app/engine/engine_state.h"

class ChatSession : public QObject {
  Q_OBJECT
  QML_ELEMENT
  Q_PROPERTY(EngineState* engine MEMBER m_engine NOTIFY wired REQUIRED)
  Q_PROPERTY(ChatStore* store MEMBER m_store NOTIFY wired REQUIRED)
  Q_PROPERTY(ChatTargets* targets MEMBER m_targets NOTIFY wired REQUIRED)
  Q_PROPERTY(qint64 conversationId READ conversationId NOTIFY conversationChanged)
  Q_PROPERTY(QString title READ title NOTIFY conversationChanged)
  Q_PROPERTY(MessageModel* messages READ messages CONSTANT)
  Q_PROPERTY(ChatOptions* options READ options CONSTANT)
  Q_PROPERTY(bool isAnswering READ isAnswering NOTIFY isAnsweringChanged)
  // H-cycles of the reasoning core that answers; 0 when none does.
  Q_PROPERTY(int coreCycles READ coreCycles NOTIFY coreCyclesChanged)

 public:
  explicit ChatSession(QObject* parent = nullptr);
  ~ChatSession() override;

  qint64 conversationId() const { return m_conversation; }
  QString title() const { return m_title; }
  MessageModel* messages() { return &m_messages; }
  ChatOptions* options() { return &m_options; }
  bool isAnswering() const { return m_answer != nullptr; }
  int coreCycles() const { return m_coreCycles; }
  // For tests.
  void wire(EngineState* engine, ChatStore* store, ChatTargets* targets);

  Q_INVOKABLE void open(qint64 conversation);
  // An empty conversation; it is stored with its first message.
  Q_INVOKABLE void startNew();
  // False when the message was not taken, because it could not be saved: keep the text.
  Q_INVOKABLE bool send(const QString& text);
  Q_INVOKABLE void stop();
  // Another answer beside this one.
  Q_INVOKABLE bool regenerate(qint64 answer);
  // Lets the model go on where this answer ended.
  Q_INVOKABLE void resume(qint64 answer);
  // A changed question beside the old one, and its answer.
  Q_INVOKABLE bool editQuestion(qint64 question, const QString& text);
  // Shows the branch of the sibling `step` places away.
  Q_INVOKABLE void switchBranch(qint64 message, int step);
  // A model, or a named configuration with everything that it decides.
  Q_INVOKABLE void chooseTarget(const QString& id);
  Q_INVOKABLE void chooseAdapter(const QString& id);

 signals:
  void wired();
  void conversationChanged();
  void isAnsweringChanged();
  void coreCyclesChanged();
  void answerFailed(const QString& reason);

 private:
  bool ask(const QString& text, qint64 parent);
  bool answer(std::optional<StoredMessage> question, qint64 parent);
  void showLeaf(qint64 leaf);
  void inheritOptions();
  void stream(StoredMessage target);
  QJsonObject requestUpTo(qint64 message) const;
  void grow(const QString& piece);
  void end(const QString& state, const QString& error);
  void saveOptions();
  void followTargets();
  void countCycles();

  EngineState* m_engine = nullptr;
  ChatStore* m_store = nullptr;
  ChatTargets* m_targets = nullptr;
  qint64 m_conversation = 0;
  qint64 m_leaf = 0;
  QString m_title;
  ChatTree m_tree;
  MessageModel m_messages;
  ChatOptions m_options;
  int m_coreCycles = 0;
  bool m_isLoading = false;
  bool m_isSaving = true;  // writes of this answer have not failed
  AnswerStream* m_answer = nullptr;
  StoredMessage m_growing;
  QElapsedTimer m_sinceSave;
};
