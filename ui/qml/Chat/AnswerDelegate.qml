// SPDX-License-Identifier: GPL-3.0-or-later
// What the model wrote, block by block, with its speed below and what can be done with it.
import QtQuick
import QtQuick.Layouts
import Greylag

ColumnLayout {
    id: root

    required property BlockModel blocks
    required property string text
    required property string messageState
    required property string errorText
    required property string modelName
    required property string adapterName  // or tuned state; empty: the model alone
    required property int tokens
    required property double tokensPerSecond
    required property double roofShare
    required property double firstTokenMs
    required property int siblingIndex
    required property int siblingCount
    property bool isBusy: false
    readonly property bool isStreaming: messageState === "streaming"
    readonly property bool isPartial: ["interrupted", "length", "stopped"].includes(messageState)
    readonly property string roofText:
        qsTr("%1 % of this machine's limit").arg(AppInfo.number(100 * root.roofShare, 0))
    readonly property string speedText: {
        const parts = [];
        if (root.modelName !== "")
            parts.push(root.adapterName === "" ? root.modelName
                       : qsTr("%1 with %2").arg(root.modelName).arg(root.adapterName));
        if (root.tokens > 0)
            parts.push(qsTr("%n token(s)", "", root.tokens));
        if (root.tokensPerSecond > 0)
            parts.push(qsTr("%1 tok/s").arg(AppInfo.number(root.tokensPerSecond, 1))
                       + (root.roofShare > 0 ? ", " + root.roofText : ""));
        if (root.firstTokenMs > 0)
            parts.push(qsTr("first after %1 ms").arg(AppInfo.number(root.firstTokenMs, 0)));
        return parts.join("  ·  ");
    }

    signal regenerateRequested
    signal resumeRequested
    signal branchRequested(int step)

    spacing: Theme.s
    Accessible.role: Accessible.ListItem
    Accessible.name: qsTr("Answer: %1").arg(text)

    Repeater {
        model: root.blocks

        Loader {
            id: block

            required property string kind
            required property string language
            required property string source
            required property string markdown
            required property bool isOpen

            Layout.fillWidth: true
            sourceComponent: kind === "code" ? codeBlock : kind === "think" ? thinkBlock : textBlock

            Component {
                id: textBlock

                TextBlock {
                    markdown: block.markdown
                }
            }
            Component {
                id: codeBlock

                CodeBlock {
                    code: block.source
                    language: block.language
                }
            }
            Component {
                id: thinkBlock

                ThinkBlock {
                    text: block.source
                    isOpen: block.isOpen
                }
            }
        }
    }
    Row {
        visible: root.isStreaming && root.text === ""
        spacing: Theme.s

        Spinner {}
        Body {
            muted: true
            text: qsTr("Reading …")
        }
    }
    Banner {
        Layout.fillWidth: true
        visible: root.messageState === "failed" || root.messageState === "interrupted"
        kind: root.messageState === "failed" ? "bad" : "warm"
        text: root.messageState === "interrupted"
              ? qsTr("Interrupted. What had arrived is kept.") : root.errorText
        actionText: root.messageState === "failed" ? qsTr("Try again") : ""
        onActionTriggered: root.regenerateRequested()
    }
    RowLayout {
        Layout.fillWidth: true
        Layout.topMargin: -2
        visible: !root.isStreaming || root.text !== ""
        spacing: 0

        BranchSwitcher {
            siblingIndex: root.siblingIndex
            siblingCount: root.siblingCount
            onBranchRequested: step => root.branchRequested(step)
        }
        IconButton {
            visible: !root.isStreaming && root.text !== ""
            size: Theme.iconSize - 4
            iconName: "copy"
            label: qsTr("Copy the answer")
            onClicked: {
                AppInfo.copyText(root.text);
                Toaster.show(qsTr("Copied."));
            }
        }
        IconButton {
            visible: !root.isStreaming
            enabled: !root.isBusy
            size: Theme.iconSize - 4
            iconName: "refresh"
            label: qsTr("Another answer")
            onClicked: root.regenerateRequested()
        }
        AppButton {
            Layout.leftMargin: 4
            visible: root.isPartial && root.text !== ""
            enabled: !root.isBusy
            compact: true
            kind: "quiet"
            iconName: "play"
            text: qsTr("Continue")
            hint: root.messageState === "length" ? qsTr("The limit of tokens was reached.") : ""
            onClicked: root.resumeRequested()
        }
        Body {
            Layout.leftMargin: root.isStreaming ? 0 : Theme.s
            Layout.fillWidth: true
            small: true
            color: Theme.textFaint
            wrapMode: Text.NoWrap
            elide: Text.ElideRight
            text: root.speedText

            HoverHandler {
                id: speedPointer
            }
            AppToolTip {
                visible: root.roofShare > 0 && speedPointer.hovered
                text: qsTr("How much of this machine's memory bandwidth was used. Every step reads the whole model from memory, once for all answers that are being written: that limits the speed.")
            }
        }
    }
}
