// SPDX-License-Identifier: GPL-3.0-or-later
// One file of a repository.
import QtQuick
import QtQuick.Layouts
import Greylag

RowLayout {
    id: root

    required property string fileName
    required property string path
    required property string sizeText
    required property string downloadState  // "" | "queued" | "installed"

    signal downloadRequested

    spacing: Theme.s
    Accessible.role: Accessible.ListItem
    Accessible.name: path + ", " + sizeText

    Body {
        Layout.fillWidth: true
        text: root.path
        elide: Text.ElideMiddle
        wrapMode: Text.NoWrap
    }
    Body {
        muted: true
        small: true
        wrapMode: Text.NoWrap
        text: root.sizeText
    }
    Badge {
        visible: root.downloadState === "installed"
        text: qsTr("installed")
        kind: "good"
        iconName: "check"
    }
    Badge {
        visible: root.downloadState === "queued"
        text: qsTr("in the queue")
        kind: "accent"
    }
    AppButton {
        objectName: "fetch:" + root.fileName
        visible: root.downloadState === ""
        enabled: Engine.isConnected
        iconName: "download"
        text: qsTr("Download")
        Accessible.name: qsTr("Download %1, %2").arg(root.fileName).arg(root.sizeText)
        onClicked: root.downloadRequested()
    }
}
