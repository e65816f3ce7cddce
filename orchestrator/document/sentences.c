/* What documents say, in three languages: a row a sentence. {…} is a slot (document_part.h). */
#include "document/document_part.h"

const char *const laws[LAW_COUNT][LANGUAGES] = {
    [LAW_ACCEPT] = {"《中華人民共和國行政許可法》第三十二條", "《中华人民共和国行政许可法》第三十二条", "article 32 of the Administrative Licensing Law"},
    [LAW_DECIDE] = {"《中華人民共和國行政許可法》第三十八條", "《中华人民共和国行政许可法》第三十八条", "article 38 of the Administrative Licensing Law"},
    [LAW_EXTEND] = {"《中華人民共和國行政許可法》第四十二條", "《中华人民共和国行政许可法》第四十二条", "article 42 of the Administrative Licensing Law"},
    [LAW_DELIVER] = {"《中華人民共和國行政許可法》第四十四條", "《中华人民共和国行政许可法》第四十四条", "article 44 of the Administrative Licensing Law"},
    [LAW_SPECIAL] = {"《中華人民共和國行政許可法》第四十五條", "《中华人民共和国行政许可法》第四十五条", "article 45 of the Administrative Licensing Law"},
};

const char *const sentences[SENTENCE_COUNT][LANGUAGES] = {
    /* the frame */
    [SAY_LETTER_NUMBER] = {"文書編號：", "文书编号：", "No. "},
    [SAY_FOOT_SEALED] = {"本文書以國密SM2電子簽名蓋章，核驗：yjsctl document verify", "本文书以国密SM2电子签名盖章，核验：yjsctl document verify",
                         "Sealed by an SM2 electronic signature; to check it: yjsctl document verify"},
    [SAY_FOOT_UNSEALED] = {"本文書未蓋章，僅供查閱", "本文书未盖章，仅供查阅", "Not sealed: for information only"},
    [SAY_COPY] = {"副本 · 個人信息已脫敏", "副本 · 个人信息已脱敏", "Copy · personal data are masked"},
    [SAY_ADDRESSED] = {"{what}：", "{what}：", "To {what}:"},
    [SAY_ADDRESSED_MANY] = {"{what}等{days}人：", "{what}等{days}人：", "To {what} ({days} in all):"},
    [SAY_APPLICANT] = {"申請人", "申请人", "the applicant"},
    [SAY_ROW_CASE] = {"申辦流水號", "申办流水号", "Case number"},
    [SAY_ROW_THING] = {"一件事", "一件事", "One-thing"},
    [SAY_ROW_ITEM] = {"事項名稱", "事项名称", "Matter"},
    [SAY_ROW_CODE] = {"事項編碼", "事项编码", "Code"},
    [SAY_ROW_APPLICANT] = {"申請人", "申请人", "Applicant"},
    [SAY_ROW_RECEIVED] = {"收件日期", "收件日期", "Received on"},
    [SAY_ROW_PROMISE] = {"承諾期限", "承诺期限", "Promised time"},
    [SAY_ROW_STATUTE] = {"法定期限", "法定期限", "Statutory time"},
    [SAY_ROW_RESULT] = {"辦理結果", "办理结果", "Result"},
    [SAY_ROW_CERTIFICATE] = {"證照", "证照", "Certificate"},
    [SAY_ROW_DELIVERED_BY] = {"送達單位", "送达单位", "Served by"},
    [SAY_ROW_DELIVERED] = {"送達文書", "送达文书", "Documents served"},
    [SAY_ROW_PLACE] = {"送達地點", "送达地点", "Place"},
    [SAY_ROW_RECEIVER] = {"受送達人簽名或者蓋章", "受送达人签名或者盖章", "Signature or seal of the recipient"},
    [SAY_ROW_RECEIVED_ON] = {"收到日期", "收到日期", "Received on"},
    [SAY_ROW_AGENT] = {"代收人及代收理由", "代收人及代收理由", "Received on behalf by, and why"},
    [SAY_ROW_HANDED_BY] = {"送達人簽名", "送达人签名", "Signature of who served"},
    [SAY_ROW_REMARKS] = {"備註", "备注", "Remarks"},
    /* 受理 */
    [SAY_ACCEPTED] = {
        "你（單位）於{received}提交的「{thing}」申請中，「{item}」屬於本機關職權範圍，申請材料齊全、符合法定形式。依據{law}的規定，本機關決定自{since}起予以受理。",
        "你（单位）于{received}提交的“{thing}”申请中，“{item}”属于本机关职权范围，申请材料齐全、符合法定形式。依据{law}的规定，本机关决定自{since}起予以受理。",
        "The matter \"{item}\" of your application for \"{thing}\", received on {received}, lies within our competence; the documents are complete and in due form. Under {law} it is accepted as of {since}."},
    [SAY_ACCEPTED_SILENCE] = {
        "你（單位）於{received}提交的「{thing}」申請中，「{item}」的申請材料收到後，本機關未在規定期限內一次告知需要補正的內容。依據{law}的規定，自收到申請材料之日{since}起即為受理。",
        "你（单位）于{received}提交的“{thing}”申请中，“{item}”的申请材料收到后，本机关未在规定期限内一次告知需要补正的内容。依据{law}的规定，自收到申请材料之日{since}起即为受理。",
        "For the matter \"{item}\" of your application for \"{thing}\", received on {received}, nothing to be corrected was named within the time for it. Under {law} it counts as accepted as of the day of receipt, {since}."},
    [SAY_ACCEPTED_CORRECTED] = {
        "你（單位）已按要求提交「{thing}」申請中「{item}」的全部補正申請材料。依據{law}的規定，本機關決定自{since}起予以受理。",
        "你（单位）已按要求提交“{thing}”申请中“{item}”的全部补正申请材料。依据{law}的规定，本机关决定自{since}起予以受理。",
        "All corrections asked for the matter \"{item}\" of your application for \"{thing}\" have been made. Under {law} it is accepted as of {since}."},
    [SAY_ACCEPTED_SERVICE] = {
        "你（單位）於{received}提交的「{thing}」申請中，「{item}」的材料齊全，我單位自{since}起予以受理，並按服務承諾辦理。",
        "你（单位）于{received}提交的“{thing}”申请中，“{item}”的材料齐全，我单位自{since}起予以受理，并按服务承诺办理。",
        "The matter \"{item}\" of your application for \"{thing}\", received on {received}, is complete. We have taken it up as of {since} and will deal with it within the time promised."},
    [SAY_LIMIT_FROM] = {"{limit}，自{since}的次日起算，至{due}屆滿", "{limit}，自{since}的次日起算，至{due}届满", "{limit}, counted from the day after {since}, ending on {due}"},
    [SAY_LIMIT_STANDS] = {"{limit}，暫停計算中", "{limit}，暂停计算中", "{limit}; it stands still at present"},
    [SAY_DUE_PASSED] = {"（其間{days}不計入）", "（其间{days}不计入）", " (not counted: {days})"},
    [SAY_DAYS_SPAN] = {"{reason}（{since}至{due}）", "{reason}（{since}至{due}）", "{reason} ({since} to {due})"},
    [SAY_DAY_ONE] = {"{reason}（{since}）", "{reason}（{since}）", "{reason} ({since})"},
    [SAY_WEEKEND] = {"休息日", "休息日", "days off"},
    /* 不予受理 */
    [SAY_NOT_ACCEPTED] = {
        "你（單位）提出的「{thing}」申請中，「{item}」經審查不符合受理條件。依據{law}的規定，本機關決定不予受理。",
        "你（单位）提出的“{thing}”申请中，“{item}”经审查不符合受理条件。依据{law}的规定，本机关决定不予受理。",
        "The matter \"{item}\" of your application for \"{thing}\" cannot be accepted. This is decided under {law}."},
    [SAY_NOT_ACCEPTED_SERVICE] = {
        "你（單位）提出的「{thing}」申請中，「{item}」不符合辦理條件，我單位不予受理。",
        "你（单位）提出的“{thing}”申请中，“{item}”不符合办理条件，我单位不予受理。",
        "The matter \"{item}\" of your application for \"{thing}\" does not meet our conditions and cannot be taken up."},
    [SAY_REASON_IS] = {"理由：{reason}", "理由：{reason}", "Reason: {reason}"},
    [SAY_NO_REASON] = {"（未說明）", "（未说明）", "(none was given)"},
    /* 補正 */
    [SAY_CORRECTION] = {
        "你（單位）提出的「{thing}」申請中，「{item}」的申請材料不齊全或者不符合法定形式。依據{law}的規定，現將需要補正的全部內容一次告知如下：",
        "你（单位）提出的“{thing}”申请中，“{item}”的申请材料不齐全或者不符合法定形式。依据{law}的规定，现将需要补正的全部内容一次告知如下：",
        "The documents for the matter \"{item}\" of your application for \"{thing}\" are incomplete or not in due form. Under {law} you are told once, and completely, what is to be corrected:"},
    [SAY_CORRECTION_SERVICE] = {
        "你（單位）提出的「{thing}」申請中，「{item}」的材料不齊全或者有誤，現將需要補正的全部內容一次告知如下：",
        "你（单位）提出的“{thing}”申请中，“{item}”的材料不齐全或者有误，现将需要补正的全部内容一次告知如下：",
        "What you sent for the matter \"{item}\" of your application for \"{thing}\" is incomplete or mistaken. This is all that is to be corrected:"},
    [SAY_CORRECTION_ENTRY] = {"{what}：{reason}", "{what}：{reason}", "{what}: {reason}"},
    [SAY_MISSING_ENTRY] = {"{what}：未能通過數據共享取得，請提交", "{what}：未能通过数据共享取得，请提交", "{what}: could not be fetched by data sharing; please submit it"},
    [SAY_CORRECTION_THEN] = {
        "補正材料可通過原申請渠道一次提交。全部補正材料收到之日起，辦理期限開始計算。",
        "补正材料可通过原申请渠道一次提交。全部补正材料收到之日起，办理期限开始计算。",
        "Corrections may be sent at once by the way the application was made. The time for dealing with it begins when all of them have come."},
    [SAY_CORRECTION_TOLERATED] = {"另有容缺受理的材料，請在下列日期前補交：", "另有容缺受理的材料，请在下列日期前补交：",
                                  "These may still come later, up to the date that is named:"},
    [SAY_TOLERATED_ENTRY] = {"{what}：{due}前", "{what}：{due}前", "{what}: by {due}"},
    /* 延長 */
    [SAY_EXTENDED] = {
        "你（單位）「{thing}」申請中的「{item}」，因故不能在規定期限內作出決定。依據{law}的規定，決定將辦理期限延長{days}個工作日。",
        "你（单位）“{thing}”申请中的“{item}”，因故不能在规定期限内作出决定。依据{law}的规定，决定将办理期限延长{days}个工作日。",
        "The matter \"{item}\" of your application for \"{thing}\" cannot be decided within its time. Under {law} that time is extended by {days} working days."},
    [SAY_EXTENDED_SERVICE] = {
        "你（單位）「{thing}」申請中的「{item}」，因故不能在承諾期限內辦結，辦理期限延長{days}個工作日。",
        "你（单位）“{thing}”申请中的“{item}”，因故不能在承诺期限内办结，办理期限延长{days}个工作日。",
        "The matter \"{item}\" of your application for \"{thing}\" cannot be finished within the time promised, which is extended by {days} working days."},
    [SAY_EXTENDED_APPROVED] = {"批准人：{by}", "批准人：{by}", "Approved by: {by}"},
    [SAY_NEW_DUE] = {"延長後的期限如下：", "延长后的期限如下：", "The time as extended:"},
    /* 特別程序 */
    [SAY_SPECIAL] = {
        "你（單位）「{thing}」申請中的「{item}」，依法需要進行{procedure}。依據{basis}的規定，所需時間不計算在辦理期限內。",
        "你（单位）“{thing}”申请中的“{item}”，依法需要进行{procedure}。依据{basis}的规定，所需时间不计算在办理期限内。",
        "The matter \"{item}\" of your application for \"{thing}\" requires: {procedure}. Under {basis} the time for it is not counted."},
    [SAY_SPECIAL_PROMISE] = {
        "你（單位）「{thing}」申請中的「{item}」，需要進行{procedure}，所需時間不計算在承諾期限內，法定期限照常計算。",
        "你（单位）“{thing}”申请中的“{item}”，需要进行{procedure}，所需时间不计算在承诺期限内，法定期限照常计算。",
        "The matter \"{item}\" of your application for \"{thing}\" requires: {procedure}. The time for it is not counted against what was promised; the statutory time goes on."},
    [SAY_SPECIAL_DAYS] = {"預計所需時間：{days}日，自{since}起。", "预计所需时间：{days}日，自{since}起。", "It is expected to take {days} days from {since} on."},
    [SAY_SPECIAL_OPEN] = {"自{since}起，所需時間將在確定後另行告知。", "自{since}起，所需时间将在确定后另行告知。", "It begins on {since}; how long it takes will be told as soon as it is known."},
    [SAY_SPECIAL_THEN] = {"特別程序結束後，辦理期限繼續計算。", "特别程序结束后，办理期限继续计算。", "When it has ended, the time goes on being counted."},
    /* 決定 */
    [SAY_GRANTED] = {
        "你（單位）「{thing}」申請中的「{item}」，經審查符合法定條件、標準。依據{law}的規定，本機關決定准予。",
        "你（单位）“{thing}”申请中的“{item}”，经审查符合法定条件、标准。依据{law}的规定，本机关决定准予。",
        "The matter \"{item}\" of your application for \"{thing}\" meets the conditions of the law. Under {law} it is granted."},
    [SAY_GRANTED_SERVICE] = {"你（單位）「{thing}」申請中的「{item}」已辦理完成。", "你（单位）“{thing}”申请中的“{item}”已办理完成。",
                             "The matter \"{item}\" of your application for \"{thing}\" is done."},
    [SAY_DELIVER_WITHIN] = {"依據{law}的規定，證照、文書將自本決定作出之日起十日內頒發、送達。", "依据{law}的规定，证照、文书将自本决定作出之日起十日内颁发、送达。",
                            "Under {law} certificates and papers are handed over within ten days of this decision."},
    [SAY_REFUSED] = {
        "你（單位）「{thing}」申請中的「{item}」，經審查不符合法定條件、標準。依據{law}的規定，本機關決定不予許可。",
        "你（单位）“{thing}”申请中的“{item}”，经审查不符合法定条件、标准。依据{law}的规定，本机关决定不予许可。",
        "The matter \"{item}\" of your application for \"{thing}\" does not meet the conditions of the law. Under {law} it is refused."},
    [SAY_REFUSED_SERVICE] = {"你（單位）「{thing}」申請中的「{item}」，經核查不能辦理。", "你（单位）“{thing}”申请中的“{item}”，经核查不能办理。",
                             "The matter \"{item}\" of your application for \"{thing}\" cannot be carried out."},
    [SAY_REMEDY] = {
        "如不服本決定，可以自收到本決定書之日起六十日內，依照《中華人民共和國行政復議法》向有管轄權的行政復議機關申請行政復議；也可以自收到本決定書之日起六個月內，依照《中華人民共和國行政訴訟法》向有管轄權的人民法院提起行政訴訟。",
        "如不服本决定，可以自收到本决定书之日起六十日内，依照《中华人民共和国行政复议法》向有管辖权的行政复议机关申请行政复议；也可以自收到本决定书之日起六个月内，依照《中华人民共和国行政诉讼法》向有管辖权的人民法院提起行政诉讼。",
        "Whoever does not accept this decision may, within sixty days of receiving it, apply for administrative reconsideration to the authority that is competent under the Administrative Reconsideration Law, or, within six months of receiving it, bring an action before the people's court that is competent under the Administrative Litigation Law."},
    [SAY_REMEDY_SERVICE] = {"如有異議，可以向本單位提出，也可以撥打12345政務服務便民熱線反映。", "如有异议，可以向本单位提出，也可以拨打12345政务服务便民热线反映。",
                            "Objections may be raised with us, or by the government service hotline 12345."},
    /* 辦結 */
    [SAY_CLOSED] = {
        "你（單位）提出的「{thing}」申請（申辦流水號{number}）已於{since}辦結，結果：{ending}。各事項辦理結果如下：",
        "你（单位）提出的“{thing}”申请（申办流水号{number}）已于{since}办结，结果：{ending}。各事项办理结果如下：",
        "Your application for \"{thing}\" (case number {number}) was closed on {since}. Outcome: {ending}. Its matters ended as follows:"},
    [SAY_CLOSED_ITEMS] = {
        "你（單位）提出的「{thing}」申請（申辦流水號{number}）已於{since}辦結，結果：{ending}。",
        "你（单位）提出的“{thing}”申请（申办流水号{number}）已于{since}办结，结果：{ending}。",
        "Your application for \"{thing}\" (case number {number}) was closed on {since}. Outcome: {ending}."},
    [SAY_ITEM_GRANTED] = {"准予（{department}，{since}）", "准予（{department}，{since}）", "Granted ({department}, {since})"},
    [SAY_ITEM_REFUSED] = {"不予許可（{department}，{since}）", "不予许可（{department}，{since}）", "Refused ({department}, {since})"},
    [SAY_ITEM_NOT_ACCEPTED] = {"不予受理（{department}，{since}）", "不予受理（{department}，{since}）", "Not accepted ({department}, {since})"},
    [SAY_ITEM_DROPPED] = {"未繼續辦理（{department}）", "未继续办理（{department}）", "Not pursued ({department})"},
    [SAY_ITEM_SKIPPED] = {"不涉及", "不涉及", "Does not apply"},
    [SAY_RATE] = {"歡迎你（單位）對本次服務作出評價（好差評）。", "欢迎你（单位）对本次服务作出评价（好差评）。", "You are welcome to rate how you were served."},
    /* 現場核驗 */
    [SAY_PASSED] = {"{department}就「{thing}」申請中的「{item}」進行了現場核驗，結論：通過。",
                    "{department}就“{thing}”申请中的“{item}”进行了现场核验，结论：通过。",
                    "{department} inspected the matter \"{item}\" of your application for \"{thing}\" on site. It passed."},
    [SAY_FOUND] = {"核驗情況：", "核验情况：", "What was found:"},
    [SAY_RECTIFY] = {"{department}就「{thing}」申請中的「{item}」進行了現場核驗（第{number}次），結論：需要整改。需整改的全部問題如下：",
                     "{department}就“{thing}”申请中的“{item}”进行了现场核验（第{number}次），结论：需要整改。需整改的全部问题如下：",
                     "{department} inspected the matter \"{item}\" of your application for \"{thing}\" on site (visit no. {number}). This is all that "
                     "has to be put right:"},
    [SAY_RECTIFY_UNTIL] = {"請於{due}前整改完畢。", "请于{due}前整改完毕。", "Please put it right by {due}."},
    [SAY_RECTIFY_THEN] = {"整改完成後請告知，將再次核驗；至多核驗{days}次，屆時仍不合格的，不予通過。",
                          "整改完成后请告知，将再次核验；至多核验{days}次，届时仍不合格的，不予通过。",
                          "Tell us when it is done; it will be inspected again. There are at most {days} visits; what is still not right then fails."},
    [SAY_FAILED] = {"{department}就「{thing}」申請中的「{item}」進行了現場核驗，結論：不通過。",
                    "{department}就“{thing}”申请中的“{item}”进行了现场核验，结论：不通过。",
                    "{department} inspected the matter \"{item}\" of your application for \"{thing}\" on site. It failed."},
    [SAY_FAILED_ROUNDS] = {"{department}就「{thing}」申請中的「{item}」進行了現場核驗，第{number}次仍不合格，結論：不通過。情況如下：",
                           "{department}就“{thing}”申请中的“{item}”进行了现场核验，第{number}次仍不合格，结论：不通过。情况如下：",
                           "{department} inspected the matter \"{item}\" of your application for \"{thing}\" on site; at visit no. {number} it still was "
                           "not right. It failed. What was found:"},
    /* 送達 */
    [SAY_RECEIPT] = {
        "下列文書已由{department}送達，依據{law}的規定，請受送達人在本回證上簽名或者蓋章，並註明收到日期。",
        "下列文书已由{department}送达，依据{law}的规定，请受送达人在本回证上签名或者盖章，并注明收到日期。",
        "The following papers were served by {department}. Under {law} the recipient is asked to sign or seal this certificate and to write the date of receipt."},
};
