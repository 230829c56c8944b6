// SPDX-License-Identifier: GPL-3.0-or-later
// Every change goes to the store first, then to the tree, then to the rows.
#include "app/chat/chat_session.h"

#include <QDateTime>
#include <QJsonArray>

namespace {
constexpr int kSaveMs = 250;
constexpr int kTitleChars = 60;

QString titleOf(const QString& text) {
  QString line = text.trimmed().section(QLatin1Char('\n'), 0, 0).simplified();
  if (line.size() > kTitleChars) {
    line = line.left(kTitleChars - 1).trimmed() + QChar(0x2026);
  }
  return line;
}
}  // namespace

ChatSession::ChatSession(QObject* parent) : QObject(parent) {
  connect(&m_options, &ChatOptions::changed, this, &ChatSession::saveOptions);
  connect(&m_options, &ChatOptions::changed, this, &ChatSession::countCycles);
  connect(this, &ChatSession::wired, this, &ChatSession::followTargets);
}

ChatSession::~ChatSession() {
  if (m_answer && m_store) {
    stop();
  }
}

void ChatSession::wire(EngineState* engine, ChatStore* store, ChatTargets* targets) {
  m_engine = engine;
  m_store = store;
  m_targets = targets;
  emit wired();
}

void ChatSession::open(qint64 conversation) {
  if (conversation == m_conversation) {
    return;
  }
  stop();
  const StoredConversation stored = m_store->conversation(conversation);
  if (stored.id == 0) {
    startNew();
    return;
  }
  m_conversation = stored.id;
  m_title = stored.title;
  m_leaf = stored.leaf;
  m_isLoading = true;
  m_options.fromJson(stored.options);
  m_isLoading = false;
  m_tree.reset(m_store->messages(conversation));
  m_messages.showBranch(m_tree, m_leaf);
  emit conversationChanged();
}

void ChatSession::startNew() {
  stop();
  m_conversation = 0;
  m_leaf = 0;
  m_title.clear();
  m_tree.reset({});
  m_messages.showBranch(m_tree, 0);
  inheritOptions();
  emit conversationChanged();
}

// Who answers is in the header and stays; a system prompt of another conversation would be unseen.
void ChatSession::inheritOptions() {
  if (m_conversation != 0) {
    return;
  }
  if (m_targets && !m_targets->isKnown()) {
    connect(m_targets, &ChatTargets::targetsChanged, this, &ChatSession::inheritOptions,
            Qt::SingleShotConnection);
  }
  if (m_options.target().isEmpty() && m_store) {
    m_options.fromJson(m_store->lastOptions());
  }
  const auto named = m_targets ? m_targets->configuration(m_options.target()) : std::nullopt;
  m_options.setProperty("systemPrompt",
                        named ? QString::fromStdString(named->system_prompt) : QString());
}

void ChatSession::showLeaf(qint64 leaf) {
  m_leaf = leaf;
  m_messages.showBranch(m_tree, leaf);
}

bool ChatSession::send(const QString& text) { return !m_answer && ask(text, m_leaf); }

bool ChatSession::editQuestion(qint64 question, const QString& text) {
  if (!m_tree.contains(question)) {
    return false;
  }
  stop();
  return ask(text, m_tree.message(question).parent);
}

bool ChatSession::regenerate(qint64 answerId) {
  if (!m_tree.contains(answerId)) {
    return false;
  }
  stop();
  return answer(std::nullopt, m_tree.message(answerId).parent);
}

bool ChatSession::ask(const QString& text, qint64 parent) {
  if (text.trimmed().isEmpty()) {
    return false;
  }
  StoredMessage question;
  question.parent = parent;
  question.role = QStringLiteral("user");
  question.text = text.trimmed();
  question.state = QStringLiteral("complete");
  return answer(question, parent);
}

// Question, answer and, for the first of them, the conversation are stored together or not at all:
// no question is kept that was not asked, and none is asked that is not kept.
bool ChatSession::answer(std::optional<StoredMessage> question, qint64 parent) {
  StoredMessage reply;
  reply.parent = parent;
  reply.role = QStringLiteral("assistant");
  reply.state = QStringLiteral("streaming");
  reply.model = m_options.target();
  reply.adapter = m_options.adapter().isEmpty() ? m_options.state() : m_options.adapter();
  reply.created = static_cast<double>(QDateTime::currentMSecsSinceEpoch()) / 1000.0;
  qint64 conversation = m_conversation;
  const QString title = question ? titleOf(question->text) : QString();
  const bool isSaved = m_store->atOnce([&] {
    if (conversation == 0) {
      conversation = m_store->addConversation(title, m_options.toJson());
    }
    if (conversation == 0) {
      return false;
    }
    if (question) {
      question->created = reply.created;
      question->id = reply.parent = m_store->addMessage(conversation, *question);
      if (question->id == 0) {
        return false;
      }
    }
    reply.id = m_store->addMessage(conversation, reply);
    return reply.id != 0 && m_store->setLeaf(conversation, reply.id);
  });
  if (!isSaved) {
    return false;
  }
  if (question) {
    m_tree.add(*question);
  }
  m_tree.add(reply);
  if (m_conversation == 0) {
    m_conversation = conversation;
    m_title = title;
    emit conversationChanged();
  }
  showLeaf(reply.id);
  stream(reply);
  return true;
}

void ChatSession::resume(qint64 answerId) {
  if (!m_tree.contains(answerId) || m_answer) {
    return;
  }
  StoredMessage target = m_tree.message(answerId);
  if (target.text.isEmpty()) {
    regenerate(answerId);
    return;
  }
  target.state = QStringLiteral("streaming");
  target.error.clear();
  stream(target);
}

void ChatSession::stream(StoredMessage target) {
  m_growing = std::move(target);
  m_isSaving = m_store->updateMessage(m_growing);
  m_tree.update(m_growing);
  m_messages.update(m_growing);
  m_sinceSave.start();
  const qint64 last = m_growing.text.isEmpty() ? m_growing.parent : m_growing.id;
  m_answer = new AnswerStream(m_engine->client(), requestUpTo(last), this);
  connect(m_answer, &AnswerStream::grew, this, &ChatSession::grow);
  connect(m_answer, &AnswerStream::finished, this,
          [this](const QString& state) { end(state, {}); });
  connect(m_answer, &AnswerStream::failed, this, [this](const QString& reason, bool interrupted) {
    const bool isPartial = interrupted && !m_growing.text.isEmpty();
    end(isPartial ? QStringLiteral("interrupted") : QStringLiteral("failed"), reason);
    emit answerFailed(reason);
  });
  emit isAnsweringChanged();
}

QJsonObject ChatSession::requestUpTo(qint64 message) const {
  QJsonArray turns;
  const auto add = [&turns](const QString& role, const QString& text) {
    turns.append(QJsonObject{{QStringLiteral("role"), role}, {QStringLiteral("content"), text}});
  };
  if (!m_options.systemPrompt().trimmed().isEmpty()) {
    add(QStringLiteral("system"), m_options.systemPrompt());
  }
  for (const StoredMessage& turn : m_tree.path(message)) {
    if (!turn.text.isEmpty()) {
      add(turn.role, turn.text);
    }
  }
  QJsonObject body = m_options.request(m_coreCycles);
  body.insert(QStringLiteral("messages"), turns);
  body.insert(QStringLiteral("stream"), true);
  body.insert(QStringLiteral("stream_options"),
              QJsonObject{{QStringLiteral("include_usage"), true}});
  return body;
}

void ChatSession::grow(const QString& piece) {
  m_growing.text += piece;
  m_growing.tokens = m_answer->tokens();
  m_growing.tokensPerSecond = m_answer->tokensPerSecond();
  m_growing.roofShare = m_answer->roofShare();
  m_growing.firstTokenMs = m_answer->firstTokenMs();
  m_tree.update(m_growing);
  m_messages.update(m_growing);
  // A failure was reported; the end of the answer tries once more.
  if (m_isSaving && m_sinceSave.elapsed() >= kSaveMs) {
    m_isSaving = m_store->updateMessage(m_growing);
    m_sinceSave.start();
  }
}

void ChatSession::stop() {
  if (m_answer) {
    m_answer->stop();
    end(QStringLiteral("stopped"), {});
  }
}

void ChatSession::end(const QString& state, const QString& error) {
  m_growing.state = state;
  m_growing.error = error;
  m_growing.tokens = m_answer->tokens();
  m_growing.tokensPerSecond = m_answer->tokensPerSecond();
  m_growing.roofShare = m_answer->roofShare();
  m_growing.firstTokenMs = m_answer->firstTokenMs();
  m_answer->deleteLater();
  m_answer = nullptr;
  m_store->updateMessage(m_growing);
  m_tree.update(m_growing);
  m_messages.update(m_growing);
  emit isAnsweringChanged();
}

void ChatSession::switchBranch(qint64 message, int step) {
  const QList<qint64> siblings = m_tree.siblings(message);
  const qsizetype at = siblings.indexOf(message) + step;
  if (siblings.contains(message) && at >= 0 && at < siblings.size()) {
    stop();
    showLeaf(m_tree.newestLeaf(siblings[at]));
    m_store->setLeaf(m_conversation, m_leaf);
  }
}

void ChatSession::chooseTarget(const QString& id) {
  if (const auto configuration = m_targets->configuration(id)) {
    m_options.useConfiguration(*configuration);
    return;
  }
  // A configuration's prompt leaves with it; one that was typed stays.
  const auto left = m_targets->configuration(m_options.target());
  if (left && m_options.systemPrompt() == QString::fromStdString(left->system_prompt)) {
    m_options.setProperty("systemPrompt", QString());
  }
  m_options.setProperty("adapter", QString());
  m_options.setProperty("state", QString());
  m_options.setProperty("target", id);
}

void ChatSession::chooseAdapter(const QString& id) {
  const bool isState = m_targets->isState(id);
  m_options.setProperty("adapter", isState ? QString() : id);
  m_options.setProperty("state", isState ? id : QString());
}

void ChatSession::followTargets() {
  if (m_targets) {
    connect(m_targets, &ChatTargets::targetsChanged, this, &ChatSession::countCycles,
            Qt::UniqueConnection);
  }
  countCycles();
}

void ChatSession::countCycles() {
  const int cycles = m_targets ? m_targets->coreCycles(m_options.adapter()) : 0;
  if (m_coreCycles != cycles) {
    m_coreCycles = cycles;
    emit coreCyclesChanged();
  }
}

void ChatSession::saveOptions() {
  if (m_conversation != 0 && !m_isLoading) {
    m_store->setOptions(m_conversation, m_options.toJson());
  }
}
