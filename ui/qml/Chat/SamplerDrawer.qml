// SPDX-License-Identifier: GPL-3.0-or-later
// System prompt, reasoning core and sampler of the open conversation, explained.
import QtQuick
import QtQuick.Layouts
import QtQuick.Templates as T
import Greylag

Rectangle {
    id: root

    required property ChatSession session
    readonly property ChatOptions options: session.options

    signal closed

    color: Theme.surface

    Flickable {
        anchors.fill: parent
        contentWidth: width
        contentHeight: column.implicitHeight + 2 * Theme.l
        boundsBehavior: Flickable.StopAtBounds
        clip: true
        T.ScrollBar.vertical: AppScrollBar {}

        ColumnLayout {
            id: column

            x: Theme.l
            y: Theme.m
            width: parent.width - 2 * Theme.l
            spacing: Theme.m

            RowLayout {
                Layout.fillWidth: true

                Heading {
                    Layout.fillWidth: true
                    level: 3
                    text: qsTr("Options of this chat")
                    wrapMode: Text.NoWrap
                    elide: Text.ElideRight
                }
                IconButton {
                    iconName: "close"
                    label: qsTr("Close")
                    onClicked: root.closed()
                }
            }
            Body {
                text: qsTr("System prompt")
                font.weight: Font.Medium
            }
            AppTextArea {
                Layout.fillWidth: true
                minimumHeight: Theme.controlHeight * 2.4
                maximumHeight: 180
                placeholderText: qsTr("Who the model is and how it should answer.")
                label: qsTr("System prompt")
                text: root.options.systemPrompt
                area.onEditingFinished: root.options.systemPrompt = text
            }
            Divider {
                Layout.fillWidth: true
            }
            ColumnLayout {
                objectName: "coreOptions"
                Layout.fillWidth: true
                visible: root.session.coreCycles > 0
                spacing: Theme.m

                Body {
                    Layout.fillWidth: true
                    text: qsTr("HRM reasoning core (experimental)")
                    font.weight: Font.DemiBold
                }
                OptionSlider {
                    objectName: "coreStrength"
                    Layout.fillWidth: true
                    label: qsTr("Strength")
                    note: qsTr("How much the core's answer counts. 0: the model alone.")
                    value: root.options.hrmStrength
                    onEdited: value => root.options.hrmStrength = value
                }
                OptionSlider {
                    objectName: "coreEffort"
                    Layout.fillWidth: true
                    visible: root.session.coreCycles > 1
                    label: qsTr("Effort")
                    note: qsTr("Cycles of thought for each token, %1 at most. More takes longer.")
                          .arg(root.session.coreCycles)
                    from: 1
                    to: Math.max(2, root.session.coreCycles)
                    step: 1
                    decimals: 0
                    value: root.options.hrmEffort < 1
                           ? root.session.coreCycles
                           : Math.min(root.options.hrmEffort, root.session.coreCycles)
                    onEdited: value => root.options.hrmEffort = value
                }
                Divider {
                    Layout.fillWidth: true
                }
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Temperature")
                note: qsTr("How daring the choice of words is. 0: always the likeliest word.")
                to: 2
                value: root.options.temperature
                onEdited: value => root.options.temperature = value
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Top-p")
                note: qsTr("Only the likeliest words that together reach this share are candidates.")
                from: 0.05
                value: root.options.topP
                onEdited: value => root.options.topP = value
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Top-k")
                note: qsTr("At most this many candidates. 0: no limit.")
                to: 200
                step: 1
                decimals: 0
                value: root.options.topK
                onEdited: value => root.options.topK = value
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Presence penalty")
                note: qsTr("Makes words that occurred already less likely, once.")
                to: 2
                value: root.options.presencePenalty
                onEdited: value => root.options.presencePenalty = value
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Frequency penalty")
                note: qsTr("Makes them less likely with every occurrence: against repetition.")
                to: 2
                value: root.options.frequencyPenalty
                onEdited: value => root.options.frequencyPenalty = value
            }
            OptionSlider {
                Layout.fillWidth: true
                label: qsTr("Penalty decay")
                note: qsTr("How long the penalties remember. 1: for ever; 0.99: about 100 words.")
                from: 0.9
                step: 0.001
                decimals: 3
                value: root.options.penaltyDecay
                onEdited: value => root.options.penaltyDecay = value
            }
            Divider {
                Layout.fillWidth: true
            }
            RowLayout {
                Layout.fillWidth: true

                Body {
                    Layout.fillWidth: true
                    text: qsTr("Longest answer")
                    font.weight: Font.Medium
                }
                NumberField {
                    Layout.preferredWidth: 96
                    label: qsTr("Longest answer in tokens")
                    from: 1
                    to: 65536
                    value: root.options.maxTokens
                    onEdited: value => root.options.maxTokens = value
                }
                Body {
                    small: true
                    muted: true
                    text: qsTr("tokens")
                }
            }
            RowLayout {
                Layout.fillWidth: true

                Body {
                    Layout.fillWidth: true
                    text: qsTr("Seed")
                    font.weight: Font.Medium
                }
                NumberField {
                    Layout.preferredWidth: 120
                    label: qsTr("Seed")
                    from: -1
                    to: 2147483647
                    value: root.options.seed
                    onEdited: value => root.options.seed = value
                }
            }
            Body {
                Layout.fillWidth: true
                Layout.topMargin: -Theme.s
                small: true
                muted: true
                text: qsTr("The same seed gives the same answer again. -1: a different one every time.")
            }
            AppButton {
                Layout.fillWidth: true
                text: qsTr("Reset the sampler")
                onClicked: root.options.resetSampler()
            }
        }
    }
    Divider {
        height: parent.height
    }
}
